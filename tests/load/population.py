"""Who is who, in bulk: organisations, their MPOCs, one department with its agents.

Written through the tables, because the command line imports one organisation at a time and
the rigs want thousands in a second. Everything else is left to casegate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.store.database import Database
from models.store.tables import (
    agent,
    agent_department,
    contact,
    contact_address,
    contact_role,
    department,
    organisation,
    organisation_domain,
)

AGENTS = 10
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Population:
    """The addresses that mean something to an installation, and by their absence those that do not."""

    mpocs: tuple[str, ...]
    domains: tuple[str, ...]
    agents: tuple[str, ...]
    department: str

    @property
    def staff(self) -> frozenset[str]:
        """Who of ours is told of what comes in."""
        return frozenset({*self.agents, self.department})


def populate(
    database_url: str,
    *,
    organisations: int = 1_000,
    mpocs: int = 5_000,
    plan: str = "calltower-2021",
    mail_domain: str = "example.net",
) -> Population:
    """Fill the directory of an installation that has none yet; `mpocs` are dealt round the organisations."""
    population = Population(
        mpocs=tuple(
            f"mpoc{number}@org{number % organisations:05d}.example" for number in range(max(mpocs, organisations))
        )[:mpocs],
        domains=tuple(f"org{number:05d}.example" for number in range(organisations)),
        agents=tuple(f"agent{number}@desk.{mail_domain}" for number in range(AGENTS)),
        department=f"support@desk.{mail_domain}",
    )
    database = Database(database_url)
    try:
        with database.write() as connection:
            for table, rows in _rows(population, plan):
                for start in range(0, len(rows), _ROWS):
                    connection.execute(sa.insert(table), rows[start : start + _ROWS])
    finally:
        database.close()
    return population


def _rows(population: Population, plan: str) -> Iterator[tuple[sa.Table, Sequence[dict[str, Any]]]]:
    """All rows, table by table, in the order their references want."""
    yield department, [{"id": 1, "key": "support", "name": "Support", "address": population.department}]
    yield (
        agent,
        [
            {"id": n, "login": f"agent{n}", "name": f"Agent {n}", "address": address, "active": True, "on_duty": True}
            for n, address in enumerate(population.agents, 1)
        ],
    )
    yield agent_department, [{"agent_id": n, "department_id": 1} for n in range(1, len(population.agents) + 1)]
    numbers = {domain: number for number, domain in enumerate(population.domains, 1)}
    yield (
        organisation,
        [
            {"id": n, "name": f"Organisation {n}", "plan": plan, "language": "en", "zone": "America/Denver"}
            for n in numbers.values()
        ],
    )
    yield organisation_domain, [{"organisation_id": n, "domain": domain} for domain, n in numbers.items()]
    owners = [numbers[address.partition("@")[2]] for address in population.mpocs]
    people = list(enumerate(zip(population.mpocs, owners, strict=True), 1))
    yield (
        contact,
        [
            {"id": n, "organisation_id": owner, "name": f"Person {n}", "title": "", "phone": "", "active": True}
            for n, (_, owner) in people
        ],
    )
    yield (
        contact_address,
        [
            {"contact_id": n, "address": address, "organisation_id": owner, "position": 0}
            for n, (address, owner) in people
        ],
    )
    yield contact_role, [{"contact_id": n, "role": "primary-mpoc"} for n, _ in people]
