"""The directory in the store: what a file would change, and changing it, in the caller's one transaction.

Every statement is for many rows: an import of a thousand organisations takes as many
statements as one of a single contact.
"""
