"""The admin's daily mail: once a day of the service's zone, where there is anything to say (plans 5, 6)."""

from datetime import date, datetime

import sqlalchemy as sa

from models.limits import DAILY_LINES
from models.notice import AdminDaily
from models.policy import Policy
from models.rules.daily import cause_of_day, daily_notice, day_to_tell_of
from models.store import outbox
from models.store.database import Database
from models.store.outbox import Intent
from models.store.reports import waiting


class Daily:
    """Sends the mail of each day. It is owed by its day, so schedulers side by side send one.

    Where nothing was to be said in the morning the day is over for this process: what comes
    later stands in the mail of the next day.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked_on: date | None = None

    def tell(self, policy: Policy, now: datetime) -> bool:
        """Owe the mail of the day where it is time; whether one is owed now that was not before."""
        day = day_to_tell_of(policy, now)
        if day is None or day == self._looked_on:
            return False
        with self._database.read() as connection:
            told = outbox.is_known(connection, cause_of_day(day))
            notice = None if told else daily_notice(policy, _what_waits(connection, policy, now), day)
        if notice is not None:
            with self._database.write() as connection:
                outbox.intend(connection, [Intent(notice)])
        self._looked_on = day
        return notice is not None


def _what_waits(connection: sa.Connection, policy: Policy, now: datetime) -> AdminDaily:
    """What waits for a person, and what ended badly since the last of these mails."""
    since = waiting.last_daily(connection, now)
    held = waiting.held_by_expiry(connection, most=DAILY_LINES)
    parked = waiting.parked_by_age(connection, most=DAILY_LINES)
    in_vain = waiting.in_vain_since(connection, since, most=DAILY_LINES)
    late = waiting.late_since(connection, since, now, most=DAILY_LINES)
    return AdminDaily(
        desk=policy.desk,
        at=now,
        held_count=held.count,
        held=held.first,
        parked_count=parked.count,
        parked=parked.first,
        in_vain_count=in_vain.count,
        in_vain=in_vain.first,
        late_count=late.count,
        late=late.first,
    )
