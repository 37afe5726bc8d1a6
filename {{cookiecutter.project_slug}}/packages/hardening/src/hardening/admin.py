"""An admin site with the API's throttles for log-ins, and with the API's password change, which revokes tokens."""

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import update_session_auth_hash, views
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import Throttled

from hardening.authentication import AccountChanged, change_password
from hardening.exceptions import TryAgain
from hardening.operations import security_events
from hardening.throttling import (
    CurrentPasswordThrottle,
    FixedWindowThrottle,
    LoginAccountThrottle,
    LoginAddressThrottle,
)

_INCORRECT = "password_incorrect"  # Django's code for a wrong old password


class PasswordChangeView(views.PasswordChangeView):
    """Django's view, which additionally locks the account and revokes the user's API tokens."""

    form_class = AdminPasswordChangeForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the new password; show the form again if the account changed after the old one was checked."""
        user, password = form.user, make_password(form.cleaned_data["new_password1"])
        try:
            change_password(user, password)
        except AccountChanged:
            form.add_error("old_password", ValidationError(form.error_messages[_INCORRECT], _INCORRECT))
            return self.form_invalid(form)
        user.password = password
        update_session_auth_hash(self.request, user)
        security_events.record("password_changed", self.request, user=user.pk)
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, and record an incorrect password as a security event."""
        if form.has_error("old_password", _INCORRECT):
            security_events.record("wrong_password", self.request, user=form.user.pk)
        response: HttpResponse = super().form_invalid(form)
        return response


class AdminSite(admin.AdminSite):
    """Django's admin site for staff users, with throttled log-ins.

    Passwords are limited by the rate `login`: 429 beyond it, and 503 while the cache cannot count attempts.
    """

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show or process the log-in form; the session expires `SESSION_COOKIE_AGE` after the log-in, used or not."""
        rejection = _throttle(request, self, [LoginAddressThrottle(), LoginAccountThrottle()])
        if rejection is not None:
            return rejection
        response = super().login(request, extra_context)
        if request.method == "POST" and isinstance(response, HttpResponseRedirect):
            request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show or process the form that changes the user's password."""
        rejection = _throttle(request, self, [CurrentPasswordThrottle()])
        if rejection is not None:
            return rejection
        request.current_app = self.name  # for the templates
        return PasswordChangeView.as_view(
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name=self.password_change_template or PasswordChangeView.template_name,
        )(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Return *view* for staff users only, and record a `PermissionDenied` as a security event."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def record_denial(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied:
                security_events.record("permission_denied", request, user=request.user.pk, path=request.path)
                raise

        return record_denial


def _throttle(request: HttpRequest, site: AdminSite, throttles: Sequence[FixedWindowThrottle]) -> HttpResponse | None:
    """Return the 429 or 503 for a POST over the rate limit or without a count; None if the request is allowed."""
    if request.method != "POST":
        return None
    try:
        exceeded = next((throttle for throttle in throttles if not throttle.allow_request(request, site)), None)
    except TryAgain as error:
        return HttpResponse(status=error.status_code, headers={"Retry-After": str(error.wait)})
    if exceeded is None:
        return None
    security_events.record("throttled", request, method=request.method, path=request.path)
    return HttpResponse(status=Throttled.status_code, headers={"Retry-After": str(exceeded.reset)})
