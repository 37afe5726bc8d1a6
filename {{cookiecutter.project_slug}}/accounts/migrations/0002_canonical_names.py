from django.db import migrations, models

import hardening.canonical


def fill(apps, schema_editor):
    for name in ("User", "Profile"):
        hardening.canonical.fill_digests(apps.get_model("accounts", name), schema_editor.connection.alias)


def digest_field(of, canonical):
    return hardening.canonical.DigestField(canonical=canonical, default="", editable=False, max_length=64, of=of)


USERNAME = ("username", hardening.canonical.canonical_text)
EMAIL = ("email", hardening.canonical.canonical_email)
CONSTRAINTS = [
    ("user", "username", "A user with that username already exists."),
    ("user", "email", "A user with that email address already exists."),
    ("profile", "username", "A profile with this username already exists."),
    ("profile", "email", "A profile with this email already exists."),
]


class Migration(migrations.Migration):
    """Compare usernames and email addresses in canonical form, because `LOWER()` differs between databases.

    Stop instances that run older code first, because they cannot write accounts and profiles after this migration.
    """

    lint_ignores = {
        "ban-drop-default": "The instances are stopped.",
        "disallowed-unique-constraint": "The instances are stopped.",
        "require-concurrent-index-deletion": "The instances are stopped.",
    }
    dependencies = [("accounts", "0001_initial")]

    operations = [
        *(
            migrations.AddField(model, f"{of}_digest", digest_field(of, canonical), preserve_default=False)
            for model in ("user", "profile")
            for of, canonical in (USERNAME, EMAIL)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *(migrations.RemoveConstraint(model, f"{model}_{of}_unique") for model, of, _message in CONSTRAINTS),
        *(
            migrations.AddConstraint(
                model,
                models.UniqueConstraint(
                    fields=[f"{of}_digest"], name=f"{model}_{of}_unique", violation_error_message=message
                ),
            )
            for model, of, message in CONSTRAINTS
        ),
    ]
