"""casegate whose door answers 250 before it commits."""

import threading

from intake import cli
from intake.acceptance import Acceptance, _tell, _Waiting
from models.store import inbox

_UNTIL_REPLIES_HAVE_LEFT = 0.1


def _commit(acceptance: Acceptance, group: list[_Waiting]) -> None:
    with acceptance._database.write() as connection:
        ids = inbox.accept(connection, [waiting.arrival for waiting in group])
        _tell(group, ids)
        threading.Event().wait(_UNTIL_REPLIES_HAVE_LEFT)
    acceptance._bell.ring("worker")


Acceptance._commit = _commit

if __name__ == "__main__":
    cli.main()
