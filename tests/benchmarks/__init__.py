"""How fast casegate is on this machine: `make bench`, or `python -m tests.benchmarks [--quick]`.

Accepting is measured beside aiosmtpd's null handler in turns, so that a busy machine slows
both; the journey from the first octet to the relay's 250 by mails a second and by CPU time
of each process. Single figures vary by a third from run to run; ratios and CPU time less.
"""
