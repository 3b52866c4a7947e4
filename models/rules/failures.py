"""Word to the admin of what failed: of each sort one mail an hour, for the rest is listed (plans 6).

The cause names the sort and the hour, so that whatever fails again within it owes nothing new.
"""

from datetime import datetime

from models.notice import AdminParked, Notice
from models.policy import Policy
from models.rules.mailing import to_admin


def failure_told(
    policy: Policy, sort: str, *, what: str, look: str, retry: str, station: str, because: str, now: datetime
) -> Notice:
    """To the admin: what failed and where, and the commands that show it and try again."""
    context = AdminParked(
        desk=policy.desk, what=what, look=look, retry=retry, station=station, because=because, parked_at=now
    )
    return to_admin(policy, context, cause=f"{sort}:{now:%Y-%m-%dT%H}", now=now)


def notice_in_vain(policy: Policy, outbox_id: int, *, station: str, because: str, now: datetime) -> Notice:
    """To the admin: a notice of ours reached nobody, as our relay or a report on its delivery says (promise 5)."""
    return failure_told(
        policy,
        "in_vain",
        what=f"notice {outbox_id}",
        look=f"casegate outbox show {outbox_id}",
        retry=f"casegate outbox retry {outbox_id}",
        station=station,
        because=because,
        now=now,
    )
