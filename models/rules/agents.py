"""What an agent's mail leads to: each of its orders in turn, and word of them to the agent (plans 5 and 6)."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from models.acts import Act, Actor, Refusal, Reply
from models.decision import AgentActs, Decision
from models.notice import AgentCommands
from models.rules.acting import Acting, perform
from models.rules.carrying import carried
from models.rules.case_file import CaseFile
from models.rules.commands import orders
from models.rules.effects import Consequences
from models.rules.opening import cause_of
from models.rules.own_words import QUOTES_OUR_MAIL, quotes_our_mail
from models.rules.telling import Telling

NOTHING_SAID: Final = ("(no words)", "the mail says nothing above the quote: nobody was told anything")
"""What an agent hears of an answer without an answer."""


def acted(file: CaseFile, decision: Decision, fate: AgentActs, now: datetime) -> Consequences:
    """The orders of an agent's mail, in their order; one that cannot be done stops none of the others.

    The agent hears what was done and what was refused where there was any command.
    """
    dossier, agent = file.facts.dossier(fate.case_id), file.facts.agent
    assert dossier is not None, "the rule saw the case"
    assert agent is not None, "the rule saw the agent"
    by = Actor(login=agent.login, agent=agent)
    asked = orders(file.message.new_text, file.policy.plan(dossier.case.plan).zone)
    done: list[Consequences] = []
    refused = list(asked.refused) or ([] if asked.acts else [NOTHING_SAID])
    for number, act in enumerate(asked.acts):
        cause = cause_of(file) if not number else f"{cause_of(file)}:{number}"
        acting = Acting(dossier=dossier, by=by, policy=file.policy, now=now, cause=cause)
        try:
            if quotes_our_mail(act):
                raise Refusal(QUOTES_OUR_MAIL)
            effects = perform(_with_what_came(act, file), acting)
        except Refusal as error:
            refused.append((f"#{act.act}", str(error)))
        else:
            done.append(effects)
            dossier = replace(dossier, case=effects.changes[-1].after)
    said = tuple(replace(entry, message_id=file.message.message_id) for one in done for entry in one.entries)
    if said:
        said = (replace(said[0], attachments=file.message.attachments), *said[1:])
    notices = [notice for one in done for notice in one.notices]
    if asked.commanded or refused:
        telling = Telling(dossier=dossier, policy=file.policy, cause=cause_of(file), now=now)
        context = AgentCommands(
            desk=file.policy.desk,
            case_number=dossier.case.number,
            subject=dossier.case.subject,
            organisation=dossier.organisation,
            contact_name=agent.name,
            zone=telling.plan.zone.key,
            done=tuple(deed.said for one in done for deed in one.deeds),
            refused=tuple(refused),
        )
        notices.append(telling.to_staff(context, agent))
    return Consequences(
        changes=tuple(change for one in done for change in one.changes),
        entries=said,
        notices=tuple(notices),
        deeds=tuple(deed for one in done for deed in one.deeds),
        links=tuple(link for one in done for link in one.links),
        findings=decision.findings,
    )


def _with_what_came(act: Act, file: CaseFile) -> Act:
    """A reply carries the files that came with it, and names those it does not carry."""
    if not isinstance(act, Reply):
        return act
    files, named = carried(file.inbox_id, file.message)
    return replace(act, files=files, items=named)
