"""What the server or the database fills where the client sends nothing."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from shapes.models.rules import Shape


class Errand(Shape):
    """The database fills what is left out, and its owner, whom no client names, has each name once."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=20)
    state = models.CharField(max_length=10, db_default="new")
    count = models.IntegerField(db_default=1)
    begun = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"], name="errand_name", violation_error_message="You have it."
            ),
            models.CheckConstraint(
                condition=models.Q(count__gt=0), name="errand_count", violation_error_message="At least one."
            ),
        ]
