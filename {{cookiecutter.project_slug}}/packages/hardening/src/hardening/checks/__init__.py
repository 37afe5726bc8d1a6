"""System checks: what would leave a rule unkept or a door open is refused before the first request.

Every message has an id of ours and a hint; `docs/security.md` lists them. No check opens a connection.
"""
