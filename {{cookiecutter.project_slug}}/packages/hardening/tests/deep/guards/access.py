"""Who may what, and how often."""

from deep.guards.guard import Guard

RELATIONS = "packages/hardening/tests/test_relations.py"
PRECONDITIONS = "packages/hardening/tests/test_preconditions.py"
ACCESS = "tests/test_contract.py"
THROTTLING = "tests/config/test_throttling.py"
SIGN_IN = "tests/accounts/test_sign_in.py"
RESET = "tests/accounts/test_password_reset.py"
RACES = "tests/accounts/test_races.py"

GUARDS = [
    Guard(
        "hardening/relations/scopes.py",
        "raise NotAuthenticated from error",
        "raise",
        "packages/hardening/tests/test_anonymous_users.py",
    ),
    Guard(
        "hardening/checks/guard.py",
        "    except Exception as error:  # noqa: BLE001  # a check runs the project's code, which may raise anything",
        "    except ZeroDivisionError as error:",
        "packages/hardening/tests/test_checks_of_access.py",
    ),
    Guard(
        "hardening/checks/rows.py",
        "if not _is_restricted(chosen):",
        "if False:",
        "packages/hardening/tests/test_checks_of_access.py",
    ),
    Guard(
        "hardening/checks/choices.py",
        "*find_referenced(_class_of(view))]",
        "]",
        "packages/hardening/tests/test_checks_of_choices.py",
    ),
    Guard(
        "hardening/checks/routes.py",
        'view(**getattr(callback, "initkwargs", getattr(callback, "view_initkwargs", {})))',
        "view()",
        "packages/hardening/tests/test_checks.py::test_attributes_of_an_action_are_checked_too",
    ),
    Guard(
        "hardening/serializers/models.py",
        " or ((field.source or key) in own and not field.read_only)",
        "",
        "packages/hardening/tests/test_corners.py::test_a_primary_key_is_chosen_once_so_that_no_other_row_is_written",
    ),
    Guard(
        "hardening/pagination.py",
        " by {','.join(self.ordering)}",
        "",
        "packages/hardening/tests/test_ordering.py::test_a_cursor_of_another_ordering_is_400",
    ),
    Guard(
        "hardening/relations/related_fields.py",
        "            queryset = self.scope(queryset, self)\n",
        "            pass\n",
        f"{RELATIONS}::test_another_users_object_gets_the_same_response_as_a_missing_one_in_as_many_queries",
    ),
    Guard(
        "hardening/viewsets.py",
        "queryset = select_visible(queryset, self.request.user)",
        "pass",
        f"{ACCESS}::test_a_list_shows_its_reader_the_rows_that_are_visible_to_them[profile-list]",
    ),
    Guard(
        "config/settings.py",
        '"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]',
        '"DEFAULT_PERMISSION_CLASSES": ["hardening.permissions.Public"]',
        f"{ACCESS}::test_every_user_gets_the_recorded_status[profile-list]",
    ),
    Guard(
        "config/settings.py",
        '"rest_framework.metadata.SimpleMetadata" if DEBUG else None',
        '"rest_framework.metadata.SimpleMetadata"',
        f"{ACCESS}::test_every_user_gets_the_recorded_status[profile-list]",
    ),
    Guard(
        "hardening/openapi/documentation.py",
        "else [IsAuthenticated]",
        "else [Public]",
        f"{ACCESS}::test_every_user_gets_the_recorded_status[schema]",
    ),
    Guard(
        "hardening/operations/health.py",
        "@require_safe\ndef livez",
        "def livez",
        f"{ACCESS}::test_every_user_gets_the_recorded_status[livez]",
    ),
    Guard(
        "hardening/authentication.py",
        "or not token.user.is_active ",
        "",
        f"{SIGN_IN}::test_the_token_of_an_inactive_user_is_401",
    ),
    Guard(
        "hardening/authentication.py",
        "token.expiry <= timezone.now()",
        "False",
        f"{SIGN_IN}::test_an_expired_token_is_401_and_a_get_does_not_delete_it",
    ),
    Guard(
        "hardening/authentication.py",
        "        revoke_tokens(account, but=",
        "        str(",
        f"{SIGN_IN}::test_a_login_beyond_the_limit_revokes_the_oldest_token",
    ),
    Guard(
        "hardening/authentication.py",
        '        account.save(update_fields=["password"])\n        revoke_tokens(account)\n',
        '        account.save(update_fields=["password"])\n',
        f"{RESET}::test_the_token_sets_a_password_once_and_revokes_all_api_tokens",
    ),
    Guard(
        "hardening/throttling.py",
        "return self.counted <= self.num_requests",
        "return True",
        f"{THROTTLING}::test_requests_beyond_the_rate_of_the_user_are_429",
    ),
    Guard(
        "hardening/throttling.py",
        "        raise TryAgain\n",
        "        return True\n",
        "tests/config/test_throttling_at_the_admin.py::test_login_is_503_if_the_cache_is_unavailable",
    ),
    Guard(
        "hardening/admin.py",
        "rejection = _throttle(request, self, [LoginAddressThrottle(), LoginAccountThrottle()])",
        "rejection = None",
        "tests/config/test_throttling_at_the_admin.py::test_login_attempts_at_the_admin_are_counted_together_with_the_api",
    ),
    Guard(
        "hardening/admin.py",
        "rejection = _throttle(request, self, [CurrentPasswordThrottle()])",
        "rejection = None",
        "tests/config/test_throttling_at_the_admin.py::test_wrong_passwords_in_the_admins_password_form_are_counted_with_failed_logins",
    ),
    Guard(
        "accounts/views.py",
        ", CurrentPasswordThrottle]",
        "]",
        f"{THROTTLING}::test_wrong_current_passwords_are_counted_together_with_failed_logins",
    ),
    Guard(
        "hardening/throttling.py",
        "ident = digest(canonical_text(account))",
        "ident = digest(account.strip().lower())",
        f"{THROTTLING}::test_every_spelling_of_a_username_counts_for_the_same_account",
    ),
    Guard(
        "hardening/throttling.py",
        "ident = digest(canonical_email(account))",
        "ident = digest(account.strip().lower())",
        f"{THROTTLING}::test_every_spelling_of_an_email_address_counts_for_the_same_account",
    ),
    Guard(
        "hardening/views.py",
        "            APIView.check_throttles(self, request, None if known else [AnonRateThrottle()])\n",
        "",
        f"{THROTTLING}::test_requests_without_a_valid_token_are_counted_by_address",
    ),
    Guard(
        "hardening/operations/client_addresses.py",
        "    if embedded is not None:\n",
        "    if False:\n",
        f"{THROTTLING}::test_every_notation_of_a_client_address_is_counted_together",
    ),
    Guard(
        "hardening/authentication.py",
        " or account.password != user.password",
        "",
        f"{RACES}::test_a_login_during_a_change_of_the_account_is_401_and_creates_no_token",
    ),
    Guard(
        "hardening/authentication.py",
        " or not account.is_active",
        "",
        f"{RACES}::test_a_login_during_a_change_of_the_account_is_401_and_creates_no_token",
    ),
    Guard(
        "hardening/authentication.py",
        "if still_allowed is not None and not still_allowed(account):",
        "if False:",
        f"{RACES}::test_a_reset_during_a_change_of_the_account_is_400",
    ),
    Guard(
        "accounts/models.py",
        "stored.filter(password=checked)",
        "stored",
        f"{RACES}::test_rehashing_at_login_never_restores_an_old_password",
    ),
    Guard(
        "accounts/serializers.py",
        " and instance.password != self.checked_hash:",
        " and False:",
        f"{RACES}::test_a_password_change_during_another_one_is_400",
    ),
    Guard(
        "hardening/apps.py",
        '        user_logged_in.connect(record_last_login, dispatch_uid="update_last_login")\n',
        "",
        f"{RACES}::test_a_login_to_the_admin_during_a_change_of_the_account_opens_no_session",
    ),
    Guard(
        "hardening/canonical.py",
        "        return text.lower()\n",
        "        return text\n",
        f"{SIGN_IN}::test_a_login_accepts_the_username_in_any_case",
    ),
    Guard(
        "config/settings.py",
        '"NUM_PROXIES": TRUSTED_PROXIES',
        '"NUM_PROXIES": None',
        f"{THROTTLING}::test_a_forged_forwarded_address_is_ignored",
    ),
    Guard(
        "hardening/resources/preconditions.py",
        "            raise PreconditionRequired\n",
        "            pass\n",
        PRECONDITIONS,
    ),
    Guard(
        "hardening/resources/preconditions.py",
        "and not set(wanted) & set(current()):\n        raise PreconditionFailed",
        "and current not in wanted:\n        pass",
        PRECONDITIONS,
    ),
    Guard(
        "hardening/resources/idempotency.py",
        "        claim.store(response)\n",
        "",
        "packages/hardening/tests/test_idempotency.py",
    ),
    Guard(
        "hardening/resources/idempotency.py",
        "            raise KeyReused\n",
        "            pass\n",
        "packages/hardening/tests/test_idempotency.py",
    ),
]
