"""What a machine does to a service besides killing it: full disks, stopped processes, clocks that jump, backups.

Everything happens to the real service. The short forms belong to `make test`; the long ones
(ten minutes without a database) to `make soak`.
"""
