"""What an agent's mail does, once the agent's address is proved: rules of plans 5."""

from models.decision import AgentActs, Answer, Hold, OpenCase, Settled, passed
from models.rules.case_file import CaseFile


def agent_acts(file: CaseFile) -> Answer:
    """An agent answers a mail of the case, at the address signed for that agent: words, notes, commands (plans 5)."""
    agent = file.agent
    if agent is None or file.message.automatic:
        return passed("no agent writes as one")
    if file.agent_thread is None:
        return passed("it did not come to a signed address of the agent's")
    case = file.agent_thread.dossier.case
    if file.writes_like_a_robot and file.facts.release is None:
        often = file.facts.wrote_within_the_hour
        return Settled(Hold(), f"{agent.name} wrote {often} mails on {case.number} within the hour, as a robot does")
    return Settled(
        AgentActs(case_id=case.case_id, agent_id=agent.agent_id), f"{agent.name} answers a mail about {case.number}"
    )


def agent_opens_case(file: CaseFile) -> Answer:
    """An agent's mail with no case opens one on behalf of the MPOC it names first (plans 5)."""
    agent = file.agent
    if agent is None or file.message.automatic:
        return passed("no agent writes as one")
    named = [one for one in file.facts.on_behalf_of if one.is_mpoc and one.active]
    if len(named) == 1:
        contact = named[0]
        return Settled(
            OpenCase(contact_id=contact.contact_id, organisation_id=contact.organisation_id, by_agent=agent.agent_id),
            f"{agent.name} writes on behalf of {contact.name} of {contact.organisation}",
        )
    if len(named) > 1:
        return Settled(Hold(), "it names an MPOC of several organisations: release it with --as CONTACT")
    return Settled(Hold(), "an agent's mail belongs to no case: answer a mail of one, or begin with '#for ADDRESS'")
