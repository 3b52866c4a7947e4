"""The pass codes of the organisations a message may belong to; they leave the store for masking alone."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from models.rules.facts import Facts
from models.store.given import IDS, given
from models.store.tables import organisation

_CODES: Final = sa.select(organisation.c.id, organisation.c.name, organisation.c.pass_code).where(
    given(organisation.c.id, IDS), organisation.c.pass_code.is_not(None)
)


def pass_codes(connection: sa.Connection, known: Sequence[Facts]) -> list[dict[str, str]]:
    """For each message the codes of the organisations of its author, its domain and its cases, by name."""
    wanted = [_organisations(facts) for facts in known]
    ids = {one for of_one in wanted for one in of_one}
    if not ids:
        return [{} for _ in known]
    rows = connection.execute(_CODES, {"ids": list(ids)}).all()
    return [{row.name: row.pass_code for row in rows if row.id in of_one} for of_one in wanted]


def _organisations(facts: Facts) -> set[int]:
    return {
        *(one.organisation_id for one in facts.contacts),
        *(organisation_id for organisation_id, _ in facts.domain_organisations),
        *(one.case.organisation_id for one in facts.dossiers),
    }
