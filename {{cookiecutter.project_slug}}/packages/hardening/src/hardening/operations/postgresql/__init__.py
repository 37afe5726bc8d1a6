"""Django's PostgreSQL backend, with requests that survive a restart of the server, and give up in time if it is away.

`hardening.operations.databases.with_limits()` selects it. `base` is Django's name for the module of a backend.
"""
