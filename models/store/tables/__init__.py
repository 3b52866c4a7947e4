"""The tables, and what each row promises.

Durable states of an accepted message (`inbox.state`), the only ones there are:

    accepted   raw and envelope are here; nobody has read it
    examined   understood (`examination`); not yet decided
    settled    decided, and every effect of the decision is here (`settlement`)
    held       decided: a person should look (`held`)
    parked     our own failure (`parked`)

and of a notice (`outbox.state`):

    intended   recorded with the decision that owes it; no word chosen yet
    ready      rendered, bytes frozen; offered until an outcome is known
    submitted  the relay has taken responsibility
    refused    the relay said never
    unknown    twice nothing was heard after the final dot
    expired    offered for five days in vain
    parked     could not be rendered: our own failure
    cancelled  taken back by an admin

What must be unique is unique here, in constraints: a decision is applied once because
`settlement`, `content_claim`, `cases.opened_from` and the outbox key can exist once.
Times are UTC. Text is UTF-8 without NUL on both engines (`Text` checks it).
"""

from models.store.columns import metadata as metadata
from models.store.tables.casework import IS_OPEN as IS_OPEN
from models.store.tables.casework import IS_OWED as IS_OWED
from models.store.tables.casework import WAS_LATE as WAS_LATE
from models.store.tables.casework import act as act
from models.store.tables.casework import attachment as attachment
from models.store.tables.casework import case_link as case_link
from models.store.tables.casework import case_participant as case_participant
from models.store.tables.casework import cases as cases
from models.store.tables.casework import correspondence as correspondence
from models.store.tables.casework import obligation as obligation
from models.store.tables.casework import transition as transition
from models.store.tables.directory import agent as agent
from models.store.tables.directory import agent_department as agent_department
from models.store.tables.directory import contact as contact
from models.store.tables.directory import contact_address as contact_address
from models.store.tables.directory import contact_role as contact_role
from models.store.tables.directory import department as department
from models.store.tables.directory import organisation as organisation
from models.store.tables.directory import organisation_domain as organisation_domain
from models.store.tables.journal import counter as counter
from models.store.tables.journal import event as event
from models.store.tables.mail_in import IS_WAITING as IS_WAITING
from models.store.tables.mail_in import content_claim as content_claim
from models.store.tables.mail_in import decision as decision
from models.store.tables.mail_in import examination as examination
from models.store.tables.mail_in import held as held
from models.store.tables.mail_in import inbox as inbox
from models.store.tables.mail_in import inbox_chunk as inbox_chunk
from models.store.tables.mail_in import inbox_recipient as inbox_recipient
from models.store.tables.mail_in import parked as parked
from models.store.tables.mail_in import settlement as settlement
from models.store.tables.mail_out import IS_AMISS as IS_AMISS
from models.store.tables.mail_out import IS_DAILY as IS_DAILY
from models.store.tables.mail_out import IS_INTENDED as IS_INTENDED
from models.store.tables.mail_out import IS_READY as IS_READY
from models.store.tables.mail_out import NOTICE_STATES as NOTICE_STATES
from models.store.tables.mail_out import attempt as attempt
from models.store.tables.mail_out import delivery_report as delivery_report
from models.store.tables.mail_out import frozen as frozen
from models.store.tables.mail_out import outbox as outbox
from models.store.tables.trust import approval as approval
from models.store.tables.trust import approval_answer as approval_answer
from models.store.tables.trust import release as release
from models.store.tables.trust import trust_exception as trust_exception
