"""Fill the tables with the same rows in every run, by SQL."""

from dataclasses import dataclass

from accounts.models import Profile, User
from django.db import connection
from knox.models import get_token_model
from purchases.models import Contact, Location, Purchase

CONTACTS = 100
PURCHASES = 1000
CHUNK = 50_000

# The indexes that `unique=True` would create, which stock DRF usually relies on.
STOCK_INDEXES = """
CREATE INDEX bench_username ON accounts_profile (username);
CREATE INDEX bench_email ON accounts_profile (email);
"""

# The user owns every tenth profile. The names and addresses are in canonical form; their digests are stored.
INSERT_PROFILES = """
INSERT INTO accounts_profile (owner_id, username, email, bio, username_digest, email_digest)
SELECT CASE WHEN number %% 10 = 0 THEN %(caller)s ELSE %(other)s END,
       'user' || number, 'user' || number || '@example.com', 'A few words on somebody, as people write them.',
       encode(sha256(convert_to('user' || number, 'UTF8')), 'hex'),
       encode(sha256(convert_to('user' || number || '@example.com', 'UTF8')), 'hex')
FROM generate_series(%(first)s, %(last)s) AS number
"""
INSERT_PURCHASES = """
INSERT INTO purchases_purchase (purchaser_id, reference, location_id, quantity, earliest, latest, version)
SELECT %(caller)s, 'reference ' || number, %(location)s, 1, '2026-12-01T08:00:00Z', '2026-12-01T18:00:00Z', 1
FROM generate_series(1, %(purchases)s) AS number
"""
INSERT_CONTACTS = """
INSERT INTO purchases_purchase_contacts (purchase_id, contact_id)
SELECT purchase.id, %(first)s + (purchase.id + number) %% %(contacts)s
FROM purchases_purchase AS purchase, generate_series(0, 2) AS number
"""


@dataclass(frozen=True)
class Caller:
    """The token of the requesting user, and the primary keys of their location and contacts."""

    token: str
    location: int
    contacts: list[int]


def create_caller() -> Caller:
    """Create the users, and the requesting user's location, contacts, and purchases with three contacts each."""
    _execute(STOCK_INDEXES)
    user, _other = (User.objects.create_user(name, f"{name}@example.com", "x") for name in ("caller", "other"))
    _stored, token = get_token_model().objects.create(user)
    location = Location.objects.create(owner=user, name="Home")
    contacts = Contact.objects.bulk_create(
        [Contact(location=location, name=f"{number}", kind="phone", value="+4930123456") for number in range(CONTACTS)]
    )
    _execute(INSERT_PURCHASES, caller=user.pk, location=location.pk, purchases=PURCHASES)
    _execute(INSERT_CONTACTS, first=contacts[0].pk, contacts=CONTACTS)
    _execute("VACUUM ANALYZE")
    return Caller(token, location.pk, [contact.pk for contact in contacts])


def fill(rows: int) -> None:
    """Add profiles until there are *rows*."""
    existing = Profile.objects.count()
    ids = dict(User.objects.values_list("username", "pk"))
    for first in range(existing + 1, rows + 1, CHUNK):  # the project limits a statement to 10 seconds
        last = min(first + CHUNK - 1, rows)
        _execute(INSERT_PROFILES, caller=ids["caller"], other=ids["other"], first=first, last=last)
    _execute("VACUUM ANALYZE accounts_profile")


def drop_new() -> None:
    """Delete the rows that requests have created."""
    Profile.objects.filter(username__startswith="new").delete()
    Purchase.objects.filter(reference__startswith="new").delete()


def _execute(sql: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
