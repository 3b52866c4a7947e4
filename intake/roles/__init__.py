"""The roles of the service, one module each: what a process of that role is made of, and how it ends.

Roles never call one another; they meet in tables. Each module has one function,
`serve(path, settings, pulse, clock)`, that does the role's work until SIGTERM or SIGINT.
"""
