"""What a person asks the store: rows as plain values, for the command line and its --json.

Lists are newest first and bounded; every look-up is by key or by an index.
"""

from models.store.reports.cases import list_cases, show_case
from models.store.reports.messages import (
    explain,
    inbox_ids_of_case,
    inbox_ids_of_message_id,
    list_held,
    list_parked,
    list_unproved,
)
from models.store.reports.notices import list_outbox, show_outbox
from models.store.reports.operations import all_cases, list_events, stats

__all__ = [
    "all_cases",
    "explain",
    "inbox_ids_of_case",
    "inbox_ids_of_message_id",
    "list_cases",
    "list_events",
    "list_held",
    "list_outbox",
    "list_parked",
    "list_unproved",
    "show_case",
    "show_outbox",
    "stats",
]
