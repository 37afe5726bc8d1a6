"""What the contract tests notice without a test of the app: their messages name the route and the field."""

from deep.guards.guard import Guard

CONTRACT = "tests/test_contract.py"
FACTS = f"{CONTRACT}::test_serializers_and_models_are_as_recorded"
STATUS = f"{CONTRACT}::test_every_user_gets_the_recorded_status"

GUARDS = [
    Guard(
        "tests/accounts/factories.py",
        '    "login": lambda user: {"username": user.username, "password": PASSWORD},\n',
        "",
        f"{STATUS}[login]",
        "write a valid body for 'login' into BODIES of tests/accounts/factories.py",
    ),
    Guard(
        "tests/accounts/factories.py",
        "class ProfileFactory(DjangoModelFactory):",
        "class ProfileFactory:",
        f"{STATUS}[profile-list]",
        "accounts.Profile has no factory: write ProfileFactory in tests/accounts/factories.py",
    ),
    Guard(
        "accounts/views.py",
        '    """The user\'s profiles. Usernames and email addresses of profiles are unique across all users."""\n',
        "    permission_classes = [Public]\n",
        f"{STATUS}[profile-list]",
        "POST profile-list: anonymous: 401 -> ",
    ),
    Guard(
        "accounts/serializers.py",
        '        read_only_fields = ("username",)\n',
        "",
        f"{FACTS}[accounts]",
        "AccountSerializer (account-me): username: read-only -> read and write",
    ),
    Guard(
        "hardening/serializers/plain.py",
        "if unknown := unknown_keys(self.fields, data, of_url):",
        "if unknown := ():",
        f"{CONTRACT}::test_a_column_that_is_not_writable_cannot_be_changed[profile-detail-PATCH]",
        "PATCH profile-detail accepts 'username_digest', which its serializer does not have.",
    ),
    Guard(
        "accounts/models.py",
        '    constraint_fields = {"profile_username_unique": "username", "profile_email_unique": "email"}\n',
        "",
        f"{FACTS}[accounts]",
        "409 under email -> unique: email_digest; 409 under non_field_errors",
    ),
]
