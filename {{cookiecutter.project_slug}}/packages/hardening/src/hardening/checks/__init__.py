"""System checks for views, serializers and settings that would leave a constraint unenforced or data exposed.

Every message has an id and a hint; `docs/security.md` lists the ids. Checks never run SQL.
"""
