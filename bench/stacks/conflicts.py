"""Find all conflicts of a duplicate for the hand-written stacks, as the project does."""

from accounts.models import Profile
from django.db import IntegrityError


def find_conflicts(error: IntegrityError, profile: Profile) -> dict[str, list[str]]:
    """Return messages by field for a rejected *profile*; the database names only the first violated constraint."""
    first = error.__cause__.diag.constraint_name.split("_")[1]
    other = "email" if first == "username" else "username"
    others = Profile.objects.filter(**{f"{other}_digest": getattr(profile, f"{other}_digest")})
    names = [first, other] if others.exclude(pk=profile.pk).exists() else [first]
    return {name: [f"A profile with this {name} already exists."] for name in names}
