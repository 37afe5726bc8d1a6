"""Usernames and email addresses are unique in canonical form, on every database."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.db.models.functions import Lower

from accounts.models import Profile
from hardening.testing.client import Client

pytestmark = pytest.mark.django_db

ACCOUNTS, OWN, LOGIN, PROFILES, RESET = (
    f"/api/v1/{path}/" for path in ("accounts", "accounts/me", "auth/login", "profiles", "auth/password-reset")
)
PASSWORD = "correct horse battery"
NAMES = [
    ("\u00e4dam", "\u00c4DAM"),
    ("stra\u00dfe", "STRASSE"),
    ("\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),  # final sigma
    ("kelvin", "\u212aelvin"),  # Kelvin sign
    ("\u0130da", "\u0130DA"),  # capital I with a dot
    ("ada", "\uff21\uff24\uff21"),  # full width
    ("\ufb01nn", "FINN"),  # ligature
    ("\u0434\u0438\u043c\u0430", "\u0414\u0418\u041c\u0410"),
]
ADDRESSES = [
    ("ada@b\u00fccher.example", "ada@B\u00dcCHER.example"),
    ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
    ("ada@example.com", '"ada"@example.com'),
    ("kelvin@example.com", "\u212aELVIN@example.com"),
]


def register(client: Client, username: str, email: str = "one@example.com"):
    passwords = {"password": PASSWORD, "confirm_password": PASSWORD}
    return client.post(ACCOUNTS, {"username": username, "email": email, "name": "A", **passwords})


@pytest.mark.parametrize(("name", "other"), NAMES)
def test_registering_another_spelling_of_a_username_is_409(client, name, other):
    assert register(client, name).status_code == 201

    response = register(client, other, "two@example.com")

    assert response.status_code == 409
    assert response.json() == {"username": ["A user with that username already exists."]}


@pytest.mark.parametrize(("name", "other"), NAMES)
def test_login_accepts_every_spelling_of_a_username(client, name, other):
    assert register(client, name).status_code == 201

    assert [client.post(LOGIN, {"username": each, "password": PASSWORD}).status_code for each in (name, other)] == [
        200,
        200,
    ]


@pytest.mark.parametrize(
    ("name", "other"), [("\u00e4dam", "A\u0308DAM"), ("\u0130da", "i\u0307da"), ("ada", "\u3000ADA ")]
)
def test_login_accepts_combining_characters_and_any_white_space_in_a_username(sign_in, client, name, other):
    sign_in(name)

    assert client.post(LOGIN, {"username": other, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(("address", "other"), ADDRESSES)
def test_another_spelling_of_an_email_address_is_409(client, ada, address, other):
    get_user_model().objects.filter(pk=ada.user.pk).update(email="countess@example.com")
    assert register(client, "one", address).status_code == 201

    taken = {"email": ["A user with that email address already exists."]}
    registered, changed = register(client, "two", other), ada.patch(OWN, {"email": other})

    assert (registered.status_code, registered.json()) == (409, taken)
    assert (changed.status_code, changed.json()) == (409, taken)


@pytest.mark.parametrize(("address", "other"), ADDRESSES)
def test_a_password_reset_accepts_every_spelling_and_emails_the_stored_address(
    client, mailoutbox, mail_at_once, address, other
):
    get_user_model().objects.create_user("one", address, PASSWORD)
    stored = get_user_model().objects.get().email

    assert client.post(RESET, {"email": other}).status_code == 202
    assert [message.to for message in mailoutbox] == [[stored]]


@pytest.mark.parametrize(("name", "other"), NAMES)
def test_another_spelling_of_a_profile_username_is_409(ada, name, other):
    assert ada.post(PROFILES, {"username": name, "email": "one@example.com"}).status_code == 201
    second = ada.post(PROFILES, {"username": "second", "email": "two@example.com"}).json()["id"]

    created = ada.post(PROFILES, {"username": other, "email": "three@example.com"})
    changed = ada.patch(f"{PROFILES}{second}/", {"username": other})

    taken = {"username": ["A profile with this username already exists."]}
    assert (created.status_code, created.json()) == (409, taken)
    assert (changed.status_code, changed.json()) == (409, taken)


def test_usernames_that_only_look_alike_are_different(client):
    names = ["ada", "\u0430da", "ad\u00e1", "ida", "\u0131da"]  # Cyrillic a, an accent, a dotless i

    registered = [register(client, name, f"u{number}@example.com") for number, name in enumerate(names)]

    assert [response.status_code for response in registered] == [201] * len(names)


@pytest.mark.parametrize("way", ["save", "update_fields", "only", "update", "bulk_update", "update_or_create"])
def test_every_way_of_writing_a_username_updates_its_canonical_form(sign_in, client, way):
    user = sign_in("ada").user
    users = get_user_model().objects
    if way == "update":
        users.filter(pk=user.pk).update(username="\u00c4DAM")
    elif way == "update_or_create":
        users.update_or_create(pk=user.pk, defaults={"username": "\u00c4DAM"})
    else:
        user = users.only("username").get() if way == "only" else user
        user.username = "\u00c4DAM"
        if way == "bulk_update":
            users.bulk_update([user], ["username"])
        else:
            user.save(**({"update_fields": ["username"]} if way == "update_fields" else {}))

    assert users.get_by_natural_key("\u00e4dam").pk == user.pk
    assert register(client, "\u00e4dam").status_code == 409
    assert register(client, "ada").status_code == 201


def test_the_asynchronous_lookup_finds_the_same_user(sign_in):
    user = sign_in("\u00e4dam").user

    assert async_to_sync(get_user_model().objects.aget_by_natural_key)("\u00c4DAM") == user


def test_an_upsert_updates_the_canonical_form(ada):
    profile = Profile.objects.create(owner=ada.user, username="one", email="one@example.com")
    profile.username = "\u00c4DAM"
    Profile.objects.bulk_create([profile], update_conflicts=True, unique_fields=["id"], update_fields=["username"])

    assert ada.post(PROFILES, {"username": "\u00e4dam", "email": "two@example.com"}).status_code == 409


@pytest.mark.parametrize("expression", [Lower("username"), F("first_name")])
def test_a_field_with_a_canonical_form_rejects_an_expression(ada, expression):
    with pytest.raises(ValueError, match="assign a string, not an expression"):
        get_user_model().objects.update(username=expression)


def test_a_form_reports_a_duplicate_username_under_its_field(ada):
    user = get_user_model()(username="ADA", email="two@example.com", password="x")

    with pytest.raises(ValidationError) as raised:
        user.full_clean(exclude=["username_digest", "email_digest"])  # as a form does with fields that are not editable

    assert raised.value.message_dict == {"username": ["A user with that username already exists."]}


@pytest.fixture
def before(transactional_db):
    """The models before canonical forms were added, and a function that migrates."""
    names = ("0001_initial", "0002_canonical_names")

    def migrate(number: int):
        executor = MigrationExecutor(connection)
        executor.migrate([("accounts", names[number])])
        return executor.loader.project_state([("accounts", names[number])]).apps

    yield migrate(0), lambda: migrate(1)
    MigrationExecutor(connection).migrate([("accounts", names[1])])


def test_the_migration_stops_and_names_rows_with_the_same_canonical_form(before, client):
    apps, migrate = before
    users = apps.get_model("accounts", "User")._base_manager
    ids = [
        users.create(username=name, email=f"u{number}@example.com").pk
        for number, name in enumerate(["stra\u00dfe", "bob", "STRASSE"])
    ]

    with pytest.raises(CommandError, match=f"accounts.User: .* the same username .* {ids[0]}, {ids[2]}\\. Change"):
        migrate()
    users.filter(pk=ids[2]).update(username="eve")
    migrate()

    assert get_user_model().objects.get_by_natural_key("STRASSE").pk == ids[0]
    assert register(client, "EVE").status_code == 409
