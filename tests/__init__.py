"""The tests are the specification: through real doors, on the real engines, with the clock as an argument.

What casegate does:

    scenarios      mail in, mail out, and the rule that settled it: begin here
    law            the rules and tables of `models.rules`, by values alone
    parsing        what a mail says; `corpus` has a mail, an expectation and why for each case
    responses      what we send, octet for octet, and how it is offered to a relay
    doors          SMTP, LMTP and IMAP as clients speak them; `dialogues` are sessions as text
    store          claims, constraints, migrations and plans of queries, on SQLite and PostgreSQL
    cli            the commands: what they print, and how they refuse
    configuration  one folder for each wrong configuration, with what is said of it

What must hold whatever happens:

    properties     for any input: reading and deciding are total; a desk against a small model of it
    attacks        each named after its threat: what an attacker found, and does not find again
    faults         full disks, stopped processes, clocks that jump, databases that are away
    crash          kills at every boundary, and every promise looked at from outside
    architecture   imports, sizes, and documentation that says what there is, in both directions
    system         the installed service with real Postfix, Dovecot and PostgreSQL

What they stand on, and what measures:

    world.py       the driver of the scenarios; `builders.py` has mails and facts with sane values
    services       private instances of Postfix, Dovecot and PostgreSQL
    load           an installation, the people who write to it, and a sender of mail
    fuzz           mutated mail without end (`make fuzz`)
    benchmarks     figures of this machine (`make bench`)
"""
