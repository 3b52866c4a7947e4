"""The IMAP door: mail that waits in folders of somebody else's server is fetched, stored, and moved.

`wire` speaks to the server, `folder` takes in what waits in one folder, `keeper` does so for
good, `origin` makes the envelope, `reconciliation` compares server, ledger and inbox.
"""
