"""The admin's site: passwords are guessed as seldom as in the API, and a password that changes ends tokens too."""

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
    """Django's, which neither writes a stale account back nor leaves tokens of the API behind."""

    form_class = AdminPasswordChangeForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the new password, unless the account changed since the old one was checked."""
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
        """Show the form again, and record a wrong password."""
        if form.has_error("old_password", _INCORRECT):
            security_events.record("wrong_password", self.request, user=form.user.pk)
        response: HttpResponse = super().form_invalid(form)
        return response


class AdminSite(admin.AdminSite):
    """Django's, for staff only; who gives a password gets 429 beyond the rate `login`, and 503 if nobody can count."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show or process the form; a session ends at a time that using it does not postpone."""
        refused = _throttle(request, self, [LoginAddressThrottle(), LoginAccountThrottle()])
        if refused is not None:
            return refused
        response = super().login(request, extra_context)
        if request.method == "POST" and isinstance(response, HttpResponseRedirect):
            request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show or process the form for a new password."""
        refused = _throttle(request, self, [CurrentPasswordThrottle()])
        if refused is not None:
            return refused
        request.current_app = self.name  # for the templates
        return PasswordChangeView.as_view(
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name=self.password_change_template or PasswordChangeView.template_name,
        )(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Return *view* for staff only, which records who may not do what they tried."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied:
                security_events.record("permission_denied", request, user=request.user.pk, path=request.path)
                raise

        return recorded


def _throttle(request: HttpRequest, site: AdminSite, throttles: Sequence[FixedWindowThrottle]) -> HttpResponse | None:
    """Return the response to a form that comes too often, or that nobody can count; None for any other request."""
    if request.method != "POST":
        return None
    try:
        refused = next((each for each in throttles if not each.allow_request(request, site)), None)
    except TryAgain as error:
        return HttpResponse(status=error.status_code, headers={"Retry-After": str(error.wait)})
    if refused is None:
        return None
    security_events.record("throttled", request, method=request.method, path=request.path)
    return HttpResponse(status=Throttled.status_code, headers={"Retry-After": str(refused.reset)})
