"""Token authentication of all other stacks: the same tokens, found by an ORM query."""

from typing import Any

from django.utils import timezone
from hardening.authentication import BearerAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed


class OrmAuthentication(BearerAuthentication):
    """The project's authentication with an ORM query."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        token = self.token(request)
        if token is None:
            return None
        found = get_token_model().objects.select_related("user").filter(digest=hash_token(token)).first()
        if found is None or not found.user.is_active or (found.expiry is not None and found.expiry <= timezone.now()):
            raise AuthenticationFailed("Invalid token.")
        return found.user, found
