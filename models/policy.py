"""What the configuration says to the law: one frozen value, built at the start, passed by argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from models.authentication import NOBODY, Authentication
from models.intake_address import IntakeAddresses
from models.notice import Desk
from models.organisation import Mode
from models.plan import SupportPlan
from models.tokens import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The desk's own choices, as far as rules and notices need them.

    `held_for` is how long a held message is kept; `cases_per_hour` and `alike_per_hour` are
    the caps of the loop breaker for one contact (threats D-1, D-4); `language` and `zone` are those of
    mail to agents and the admin.
    """

    desk: Desk
    hostname: str
    admin: str
    keys: Keys
    addresses: IntakeAddresses
    mode: Mode
    plans: Mapping[str, SupportPlan]
    default_plan: str
    held_for: timedelta
    cases_per_hour: int = 1_000
    alike_per_hour: int = 20
    language: str = "en"
    zone: str = "UTC"
    authentication: Authentication = NOBODY

    def plan(self, name: str) -> SupportPlan:
        """The plan of that name, or the default one where a plan file was removed."""
        return self.plans.get(name) or self.plans[self.default_plan]
