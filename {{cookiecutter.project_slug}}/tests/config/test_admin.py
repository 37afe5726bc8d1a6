"""The admin is optional, and only for staff."""

import json
import runpy
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib import admin as admin_pages
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import override_settings
from django.urls import path
from django.utils import timezone

from hardening.testing.client import Client

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def signed_in(client: Client, **rights: bool) -> Client:
    """Return a client with a session and without a token, for the user of *client* with *rights*."""
    type(client.user).objects.filter(pk=client.user.pk).update(**rights)
    browser = Client()
    browser.force_login(type(client.user).objects.get(pk=client.user.pk))
    return browser


def admin(client: Client, url: str = "/admin/") -> tuple[int, str]:
    response = client.get(url, secure=True, headers={"Accept": "text/html"})
    return response.status_code, response.get("Location", "")


def test_only_active_staff_sees_the_admin(ada, client):
    shown = "/admin/login/?next=/admin/"

    assert admin(client) == (302, shown)
    assert admin(ada) == (302, shown)  # the admin does not accept tokens of the API
    assert admin(signed_in(ada)) == (302, shown)
    assert admin(signed_in(ada, is_superuser=True)) == (302, shown)
    assert admin(signed_in(ada, is_staff=True)) == (200, "")
    assert admin(signed_in(ada, is_staff=True, is_active=False)) == (302, shown)


def test_only_staff_can_log_in_to_the_admin(ada, client):
    form = {"username": "ada", "password": PASSWORD, "next": "/admin/"}

    refused = client.post("/admin/login/", form, format="multipart", secure=True)
    type(ada.user).objects.update(is_staff=True)
    taken = client.post("/admin/login/", form, format="multipart", secure=True)

    assert (refused.status_code, taken.status_code) == (200, 302)
    assert taken["Location"] == "/admin/"
    cookie = taken.cookies["__Host-sessionid"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def test_a_session_of_the_admin_does_not_authenticate_api_requests(ada):
    browser = signed_in(ada, is_staff=True)

    assert browser.get("/api/v1/profiles/").status_code == 401


def test_admin_pages_run_scripts_of_their_own_origin_only(client):
    response = client.get("/admin/login/", secure=True)

    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(("where", "there"), [("", False), ("secret-7f3a/", True)])
def test_the_admin_is_served_only_at_admin_path(settings, where, there):
    settings.ADMIN_PATH = where

    patterns = runpy.run_path(str(Path(settings.BASE_DIR, "config", "urls.py")))["urlpatterns"]

    found = [str(each.pattern) for each in patterns if getattr(each, "namespace", None) == "admin"]
    assert found == ([where] if there else [])


def test_a_session_expires_twelve_hours_after_login_even_if_it_is_used(ada, client, monkeypatch):
    type(ada.user).objects.update(is_staff=True)
    form = {"username": "ada", "password": PASSWORD, "next": "/admin/"}
    signed_in_at = timezone.now()

    response = client.post("/admin/login/", form, format="multipart", secure=True)
    session = Session.objects.get()

    assert 43190 <= response.cookies["__Host-sessionid"]["max-age"] <= 43200
    for hours, status in ((0, 200), (11.9, 200), (12.1, 302)):
        now = signed_in_at + timedelta(hours=hours)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        assert admin(client)[0] == status
        if status == 200:
            used = client.session
            used["used"] = hours  # saving a session renews its expiry date
            used.save()
    assert Session.objects.get(pk=session.pk).expire_date <= signed_in_at + timedelta(hours=12, seconds=10)


def test_a_permission_denied_in_the_admin_is_logged(ada, log):
    browser = signed_in(ada, is_staff=True)

    with override_settings(ROOT_URLCONF="tests.config.test_admin"):
        assert browser.get("/admin/denied/", secure=True).status_code == 403

    recorded = [json.loads(line) for line in log.getvalue().splitlines() if "permission_denied" in line]
    assert [(line["user"], line["path"]) for line in recorded] == [(ada.user.pk, "/admin/denied/")]


def deny(request):
    raise PermissionDenied


urlpatterns = [
    path("admin/denied/", admin_pages.site.admin_view(deny)),
    path("admin/", admin_pages.site.urls),
]
