"""How fast casegate is on this machine: `make bench`, or `python -m tests.benchmarks --help`.

Everything is measured beside a yardstick of the same run, aiosmtpd with a null handler, and
what is compared runs in turns, so that a busy machine slows both. Single figures vary by a
third from run to run; ratios and CPU time by less; what is counted is exact.
"""
