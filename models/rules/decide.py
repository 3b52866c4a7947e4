"""The law for a message that came in: an ordered table of named rules, read from the top.

Each rule looks at the message, its envelope and the facts and either passes, with its
reason, or settles the fate, with its reason. Exactly one rule settles, and it is the last
of the trail; the table ends in a rule that always does. A rule's name is its name in code,
log, trail and manual (docs/rules.md).

The order is the argument: first what must never have an effect twice or answer itself
(`machines`), then who wrote (`admission`, `approving`), then what the writer may do
(`conversation`, `new_cases`). Urgency is asked by no rule: whatever a mail says, it opens
at P4 (plans 2).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from models.decision import Answer, Decision, Duplicate, Finding, Hold, OpenCase, Settled, Step
from models.rules.admission import (
    agent_unproved,
    author_unproved,
    claims_to_be_us,
    end_user,
    for_the_postmaster,
    forged_results,
    no_strict_author,
    not_addressed_to_us,
    not_an_mpoc,
    organisation_ambiguous,
    participant_comments,
    proof_not_answered_yet,
    unknown_author,
)
from models.rules.agent_mail import agent_acts, agent_opens_case
from models.rules.approving import answers_approval_request
from models.rules.case_file import CaseFile
from models.rules.conversation import (
    answers_whether_solved,
    belongs_to_no_case,
    follows_up_closed_case,
    joins_open_follow_up,
    reopens_case,
    replies_to_open_case,
)
from models.rules.machines import (
    automatic_answer,
    automatic_mail,
    delivery_status_notification,
    machine_answers_for_mpoc,
    null_reverse_path,
    own_notice_came_back,
    same_content_decided_before,
    system_contact,
    too_many_hops,
)
from models.rules.new_cases import mpoc_opens_case, opens_case_unanswered, too_many_cases
from models.rules.pass_codes import pass_code_in_mail
from models.rules.questions import alike

RULES_VERSION: Final = "6"

Rule = Callable[[CaseFile], Answer]

RULES: Final[tuple[Rule, ...]] = (
    same_content_decided_before,
    pass_code_in_mail,
    own_notice_came_back,
    delivery_status_notification,
    null_reverse_path,
    automatic_answer,
    too_many_hops,
    for_the_postmaster,
    not_addressed_to_us,
    no_strict_author,
    claims_to_be_us,
    forged_results,
    proof_not_answered_yet,
    agent_unproved,
    agent_acts,
    agent_opens_case,
    answers_approval_request,
    system_contact,
    machine_answers_for_mpoc,
    automatic_mail,
    participant_comments,
    end_user,
    unknown_author,
    not_an_mpoc,
    organisation_ambiguous,
    author_unproved,
    belongs_to_no_case,
    answers_whether_solved,
    replies_to_open_case,
    reopens_case,
    joins_open_follow_up,
    follows_up_closed_case,
    too_many_cases,
    opens_case_unanswered,
    mpoc_opens_case,
)


def decide(file: CaseFile) -> Decision:
    """The fate of a message: pure, total, and the same whenever it is asked the same."""
    trail: list[Step] = []
    findings: list[Finding] = []
    for rule in RULES:
        answer = rule(file)
        if isinstance(answer, Settled) and isinstance(answer.fate, Hold) and file.held_already is not None:
            trail.append(_step(rule.__name__, f"it would hold it: {answer.because}"))
            answer = Settled(Duplicate(of=file.held_already), f"the same content is held as inbox {file.held_already}")
            rule = same_content_decided_before  # noqa: PLW2901 - the rule it is, asked once more at the end
        if isinstance(answer, Settled):
            trail.append(Step(rule=rule.__name__, answer="settled", because=answer.because))
            return Decision(
                fate=answer.fate,
                rule=rule.__name__,
                because=answer.because,
                trail=tuple(trail),
                findings=tuple(findings),
            )
        trail.append(_step(rule.__name__, answer.because))
        findings.extend(answer.findings)
    raise AssertionError("the last rule always settles")


@lru_cache(maxsize=1024)
def _step(rule: str, because: str) -> Step:
    """A line of the trail, kept as well."""
    return Step(rule=rule, answer="passed", because=because)


def decide_in_turn(files: Sequence[CaseFile]) -> list[tuple[CaseFile, Decision]]:
    """The decisions of one transaction, each knowing the cases that those before it open (D-4).

    The store has counted what was there before the transaction; a flood within it counts too.
    """
    opened: defaultdict[str, Counter[str]] = defaultdict(Counter)
    decided: list[tuple[CaseFile, Decision]] = []
    for one in files:
        earlier, subject = opened[one.author or ""], alike(one.message.subject)
        file = one
        if earlier:
            facts = replace(
                one.facts,
                cases_within_the_hour=one.facts.cases_within_the_hour + earlier.total(),
                alike_within_the_hour=one.facts.alike_within_the_hour + earlier[subject],
            )
            file = replace(one, facts=facts)
        decision = decide(file)
        if isinstance(decision.fate, OpenCase):
            earlier[subject] += 1
        decided.append((file, decision))
    return decided
