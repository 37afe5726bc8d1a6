"""What stands in the tables: made by the server itself, the same in every run."""

from dataclasses import dataclass

from accounts.models import Profile, User
from django.db import connection
from knox.models import get_token_model
from purchases.models import Contact, Location, Purchase

CONTACTS = 100
PURCHASES = 1000
CHUNK = 50_000

# The indexes that `unique=True` would have made, which is how most people declare what stock DRF then looks up.
FOR_STOCK = """
CREATE INDEX bench_username ON accounts_profile (username);
CREATE INDEX bench_email ON accounts_profile (email);
"""

# The caller owns every tenth profile. The names and addresses are their own canonical forms, whose digests are stored.
FILL = """
INSERT INTO accounts_profile (owner_id, username, email, bio, username_digest, email_digest)
SELECT CASE WHEN number %% 10 = 0 THEN %(caller)s ELSE %(other)s END,
       'user' || number, 'user' || number || '@example.com', 'A few words on somebody, as people write them.',
       encode(sha256(convert_to('user' || number, 'UTF8')), 'hex'),
       encode(sha256(convert_to('user' || number || '@example.com', 'UTF8')), 'hex')
FROM generate_series(%(first)s, %(last)s) AS number
"""
BUY = """
INSERT INTO purchases_purchase (purchaser_id, reference, location_id, quantity, earliest, latest, version)
SELECT %(caller)s, 'reference ' || number, %(location)s, 1, '2026-12-01T08:00:00Z', '2026-12-01T18:00:00Z', 1
FROM generate_series(1, %(purchases)s) AS number
"""
CALL = """
INSERT INTO purchases_purchase_contacts (purchase_id, contact_id)
SELECT purchase.id, %(first)s + (purchase.id + number) %% %(contacts)s
FROM purchases_purchase AS purchase, generate_series(0, 2) AS number
"""


@dataclass(frozen=True)
class Caller:
    """Who sends the requests, and what of theirs the bodies name."""

    token: str
    location: int
    contacts: list[int]


def caller() -> Caller:
    """Make the users, and the caller's location, contacts and purchases with three contacts each."""
    _execute(FOR_STOCK)
    user, _other = (User.objects.create_user(name, f"{name}@example.com", "x") for name in ("caller", "other"))
    _stored, token = get_token_model().objects.create(user)
    location = Location.objects.create(owner=user, name="Home")
    contacts = Contact.objects.bulk_create(
        [Contact(location=location, name=f"{each}", kind="phone", value="+4930123456") for each in range(CONTACTS)]
    )
    _execute(BUY, caller=user.pk, location=location.pk, purchases=PURCHASES)
    _execute(CALL, first=contacts[0].pk, contacts=CONTACTS)
    _execute("VACUUM ANALYZE")
    return Caller(token, location.pk, [each.pk for each in contacts])


def fill(rows: int) -> None:
    """Have *rows* profiles."""
    there = Profile.objects.count()
    ids = dict(User.objects.values_list("username", "pk"))
    for first in range(there + 1, rows + 1, CHUNK):  # a statement of the project's may take 10 seconds at most
        last = min(first + CHUNK - 1, rows)
        _execute(FILL, caller=ids["caller"], other=ids["other"], first=first, last=last)
    _execute("VACUUM ANALYZE accounts_profile")


def drop_new() -> None:
    """Remove what requests have created."""
    Profile.objects.filter(username__startswith="new").delete()
    Purchase.objects.filter(reference__startswith="new").delete()


def _execute(sql: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
