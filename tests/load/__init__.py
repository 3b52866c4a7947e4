"""Load for casegate from outside: an installation, the people who write to it, and a sender of our own.

    with Installation(directory, relay="smtp://127.0.0.1:10025") as installation:
        population = populate(installation.database_url, organisations=1_000, mpocs=5_000)
        installation.start()
        mails = Mails(population, installation.intake_address, seed=7)
        history = send(installation.smtp_port, mails, count=10_000, connections=10)

Nothing here knows how casegate works inside, except which tables the directory is kept in
(`population`) and under which names its processes run (`installation`).
"""

from .history import History, Sending
from .installation import Installation
from .mails import MIXED, SMALL, VARIED, Mail, Mails, Profile, Writer
from .population import Population, populate
from .sender import Load, send

__all__ = [
    "MIXED",
    "SMALL",
    "VARIED",
    "History",
    "Installation",
    "Load",
    "Mail",
    "Mails",
    "Population",
    "Profile",
    "Sending",
    "Writer",
    "populate",
    "send",
]
