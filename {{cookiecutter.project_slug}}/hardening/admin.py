"""The admin's site: whoever guesses passwords there is counted with those who guess at the API."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import Throttled

from hardening.exceptions import TryAgain
from hardening.throttling import LoginAccountThrottle, LoginAddressThrottle


class AdminSite(admin.AdminSite):
    """Django's, for staff only; its log-in answers 429 beyond the rate `login`, and 503 where nobody can count."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show or take the form."""
        throttles = [LoginAddressThrottle(), LoginAccountThrottle()] if request.method == "POST" else []
        try:
            refused = next((each for each in throttles if not each.allow_request(request, self)), None)
        except TryAgain as error:
            return HttpResponse(status=error.status_code, headers={"Retry-After": str(error.wait)})
        if refused is not None:
            return HttpResponse(status=Throttled.status_code, headers={"Retry-After": str(refused.reset)})
        return super().login(request, extra_context)
