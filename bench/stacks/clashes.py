"""What hand-written stacks say of a duplicate: all that clashes, as the project does."""

from accounts.models import Profile
from django.db import IntegrityError


def clashes(error: IntegrityError, profile: Profile) -> dict[str, list[str]]:
    """Return texts by field for a *profile* that was refused; the database itself names the first clash only."""
    first = error.__cause__.diag.constraint_name.split("_")[1]
    other = "email" if first == "username" else "username"
    others = Profile.objects.filter(**{f"{other}_digest": getattr(profile, f"{other}_digest")})
    names = [first, other] if others.exclude(pk=profile.pk).exists() else [first]
    return {name: [f"A profile with this {name} already exists."] for name in names}
