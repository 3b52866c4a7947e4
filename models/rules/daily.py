"""The admin's daily mail: which day's is due, and whether there is anything to say (plans 5)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.limits import DAILY_HOUR
from models.notice import AdminDaily, Notice
from models.policy import Policy
from models.rules.mailing import to_admin


def day_to_tell_of(policy: Policy, now: datetime) -> date | None:
    """The day of the service's zone whose mail may be sent by now; None before its hour."""
    local = now.astimezone(ZoneInfo(policy.zone))
    return local.date() if local.hour >= DAILY_HOUR else None


def cause_of_day(day: date) -> str:
    """What the mail of a day is keyed by: however often it is asked for, it is owed once."""
    return f"daily:{day.isoformat()}"


def daily_notice(policy: Policy, context: AdminDaily, day: date) -> Notice | None:
    """The mail of a day; None where nothing waits: an empty mail teaches not to read it."""
    if not (context.held_count or context.parked_count or context.in_vain_count or context.late_count):
        return None
    return to_admin(policy, context, cause=cause_of_day(day), now=context.at)
