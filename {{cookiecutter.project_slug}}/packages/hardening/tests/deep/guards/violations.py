"""What is the client's doing, and what is a server error; and which files belong to no row."""

from deep.guards.guard import Guard

OTHER_WRITES = "packages/hardening/tests/test_other_writes.py"
COMMITS = "packages/hardening/tests/test_commits.py"
FILES = "packages/hardening/tests/test_files.py"
REQUESTS = "hardening/integrity/unexplained_violations.py"

GUARDS = [
    Guard(
        REQUESTS,
        "request.method in SAFE_METHODS or ",
        "",
        f"{OTHER_WRITES}::test_a_violation_in_a_request_that_only_reads_is_a_server_error",
    ),
    Guard(
        REQUESTS,
        ' or not getattr(view, "is_handling", True)',
        "",
        f"{OTHER_WRITES}::test_a_violation_outside_of_the_handler_is_a_server_error",
    ),
    Guard(
        REQUESTS,
        "    if committed:\n        return error\n",
        "",
        f"{OTHER_WRITES}::test_a_violation_after_commit_is_a_server_error",
    ),
    Guard(
        REQUESTS,
        " or not violation.is_client_caused(failure.models())",
        "",
        f"{OTHER_WRITES}::test_a_violation_of_an_internal_constraint_is_a_server_error",
    ),
    Guard(
        REQUESTS,
        "for each in (queryset, *metas)",
        "for each in (self.query, queryset, *metas)",
        f"{OTHER_WRITES}::test_a_violation_in_a_table_of_a_package_is_a_server_error_unless_the_view_is_about_it",
    ),
    Guard(
        REQUESTS,
        "and not leaves and failure.serializers:",
        "and False:",
        f"{OTHER_WRITES}::test_null_in_a_column_that_the_serializer_does_not_have_is_a_server_error",
    ),
    Guard(
        REQUESTS,
        '        logger.exception("Explaining a violation failed.")\n        return None\n',
        "        raise\n",
        f"{OTHER_WRITES}::test_a_violation_that_cannot_be_explained_is_logged_and_stays_a_server_error",
    ),
    Guard(
        "hardening/serializers/plain.py",
        'vars(request).setdefault("validating_serializers", []).append(serializer)',
        "pass",
        f"{OTHER_WRITES}::test_a_plain_serializer_reports_under_its_own_field_name",
    ),
    Guard(
        REQUESTS,
        "if field.is_relation and _names_nothing(violation, field, failure):",
        "if False:",
        f"{OTHER_WRITES}::test_a_missing_reference_is_reported_under_the_name_of_the_body",
    ),
    Guard(
        REQUESTS,
        "if self.stored_models or self.deleted_models:",
        "if False:",
        f"{COMMITS}::test_deleting_many_objects_that_others_refer_to_is_409",
    ),
    Guard(
        REQUESTS,
        "return found or _find_possible_holders(failure)",
        "return found",
        f"{COMMITS}::test_deleting_many_objects_that_others_refer_to_is_409",
    ),
    Guard(
        "hardening/integrity/atomic_requests.py",
        "if response is None or committed:",
        "if response is None:",
        f"{COMMITS}::test_with_atomic_requests_a_violation_after_commit_is_a_server_error",
    ),
    Guard(
        "hardening/integrity/atomic_requests.py",
        "if alias not in set(excluded)]",
        "]",
        f"{COMMITS}::test_a_view_with_non_atomic_requests_runs_without_a_transaction",
    ),
    Guard(
        "hardening/integrity/files.py",
        "if is_new and stored == available:",
        "if stored == available:",
        f"{FILES}::test_a_file_that_was_there_before_is_never_deleted",
    ),
    Guard(
        "hardening/integrity/files.py",
        "return not self._has_row(self.instance.pk if failed else _ANY)",
        "return True",
        f"{FILES}::test_a_file_that_another_row_has_after_a_savepoint_is_kept",
    ),
    Guard(
        "hardening/integrity/files.py",
        "        if file.is_orphan(failed=failed):\n",
        "        if False:\n",
        f"{FILES}::test_a_rejected_create_leaves_no_file_in_any_storage",
    ),
    Guard(
        "hardening/serializers/plain.py",
        "find_repeated_keys(self.fields, data).items() if key not in of_url",
        "{}.items()",
        "packages/hardening/tests/test_forms.py::test_a_key_with_two_values_is_rejected_under_its_field",
    ),
]
