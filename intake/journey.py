"""The journey of a message, from raw octets to a mail that is ready to be sent.

Three stations, each of which can be committed and retried alone:

    examine   what does it say?          octets -> Message, in a process that can be killed
    settle    what becomes of it?        questions -> facts -> decision -> effects, in one turn
    compose   in what words do we answer? notice -> frozen bytes

Before the first station a door has stored the message (`intake.acceptance`); after the last
the submitter offers what is ready (`intake.submitter`). A station is given the messages it
works on, one or many, and nothing in it depends on how many: batches, failures and retries
are `intake.worker`'s. There is no try, no logging and no opinion here; opinions are in
`models.rules`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from intake.parse_worker import Raw
from intake.parsing import Parser, Reading
from models.decision import Decision
from models.message import Message
from models.notice import Notice
from models.policy import Policy
from models.rules.case_file import CaseFile
from models.rules.consequences import consequences
from models.rules.decide import decide_in_turn
from models.rules.facts import Facts
from models.rules.masking import masked
from models.rules.opening import with_one_more
from models.rules.questions import questions
from models.store.claims import Lease
from models.store.database import Turn
from models.store.gather import gather_free
from models.store.inbox import Claimed, record_examinations
from models.store.outbox import Intended
from models.store.pass_codes import pass_codes
from models.store.record import Settling, foresee_cases, record
from models.tokens import loop_token
from responders.body import File
from responders.compose import Composed, Identity
from responders.compose import compose as compose_notice


def examine(raws: Sequence[Raw], parser: Parser, meanwhile: Callable[[], None]) -> Reading:
    """Station one: what each message says. Total and bounded; over a limit it is read in safe mode.

    It is begun here, in the other process; what is returned waits for its end, and calls `meanwhile`
    where that takes long.
    """
    return parser.begin(raws, meanwhile)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of messages, and the notices owed for it, which the lease holds to word them next."""

    settlings: list[Settling]
    owed: list[Intended]


def settle(
    turn: Turn,
    lease: Lease,
    claimed: Sequence[Claimed],
    policy: Policy,
    now: datetime,
    *,
    examined: Mapping[int, Message],
) -> Settled:
    """Station two: what becomes of each message, decided and recorded while nobody else decides.

    What has just been `examined` is recorded with it. A message that is about the same case as an
    earlier one, or about one that another worker has in hand, is left out: it is asked again once
    that is recorded, for the case is another then. So is one that may answer a message which
    another worker has not decided yet.
    """
    asked = [questions(one.inbox_id, one.examined, one.accepted.envelope, policy) for one in claimed]
    known = [
        (one, facts)
        for one, facts in zip(claimed, gather_free(turn.looks, asked, policy.mode, now, lease), strict=True)
        if facts is not None
    ]
    codes = pass_codes(turn.looks, [facts for _, facts in known])
    files = [_case_file(one, facts, of_one, policy, now) for (one, facts), of_one in zip(known, codes, strict=True)]
    decided = decide_in_turn(first_of_each_case(files))
    case_ids = foresee_cases(turn.looks, [decision for _, decision in decided])
    settlings = _settlings_in_turn(decided, case_ids, now)
    with turn.write() as connection:
        record_examinations(connection, lease, examined, now)
        return Settled(settlings, record(connection, lease, settlings, now))


def _settlings_in_turn(
    decided: Sequence[tuple[CaseFile, Decision]], case_ids: Sequence[int | None], now: datetime
) -> list[Settling]:
    """What follows from each decision, knowing which agents the cases before it were given to.

    The store has counted the open cases of each agent once, before all of these; a case goes to
    the agent who has the fewest, and so each one that is given must count for the next.
    """
    departments = {
        file.facts.department.key: file.facts.department for file, _ in decided if file.facts.department is not None
    }
    settlings: list[Settling] = []
    for (file, decision), case_id in zip(decided, case_ids, strict=True):
        department = file.facts.department
        current = file if department is None else file.with_department(departments[department.key])
        effects = consequences(current, decision, case_id, now)
        if effects.case is not None and effects.case.agent_id is not None:
            given_to = effects.case.agent_id
            departments = {key: with_one_more(one, given_to) for key, one in departments.items()}
        settlings.append(Settling(file, decision, effects))
    return settlings


def first_of_each_case(files: Sequence[CaseFile]) -> list[CaseFile]:
    """The messages none of which names a case, or a held message, that an earlier one names."""
    chosen: list[CaseFile] = []
    taken: set[tuple[str, int]] = set()
    for file in files:
        named = {("case", dossier.case.case_id) for dossier in file.facts.dossiers}
        if file.facts.asked_about is not None:
            named.add(("held", file.facts.asked_about.inbox_id))
        if not named & taken:
            chosen.append(file)
        taken |= named
    return chosen


def compose(notice: Notice, policy: Policy, files: Sequence[File] = ()) -> Composed:
    """Station three: the words of a notice, and the files it carries, as the bytes that will be sent, for good."""
    identity = Identity(hostname=policy.hostname, loop_token=lambda message_id: loop_token(policy.keys, message_id))
    return compose_notice(notice, identity=identity, files=files)


def _case_file(claimed: Claimed, facts: Facts, codes: Mapping[str, str], policy: Policy, now: datetime) -> CaseFile:
    """What the rules look at: the message without pass codes, which nothing behind this line has ever seen."""
    message, pass_code_of = masked(claimed.examined, codes)
    return CaseFile(
        inbox_id=claimed.inbox_id,
        message=message,
        envelope=claimed.accepted.envelope,
        received_at=claimed.accepted.received_at,
        now=now,
        facts=replace(facts, pass_code_of=pass_code_of) if pass_code_of else facts,
        policy=policy,
    )
