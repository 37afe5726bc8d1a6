"""Bearer tokens: knox's, found by their digest in one statement."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed


class BearerAuthentication(TokenAuthentication):
    """Knox's authentication without its clean-up on every request; the command `purge_tokens` does that."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """Return the user and the token; raise `AuthenticationFailed` for one that is unknown, expired or garbled."""
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed(_("Invalid token.")) from error
        found = get_token_model().objects.select_related("user").filter(digest=digest).first()
        if found is None or not found.user.is_active or (found.expiry is not None and found.expiry <= timezone.now()):
            raise AuthenticationFailed(_("Invalid token."))
        return found.user, found
