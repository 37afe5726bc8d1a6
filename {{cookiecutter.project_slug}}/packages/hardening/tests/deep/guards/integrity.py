"""What keeps the database whole, and its refusals under the right field."""

from deep.guards.guard import Guard

RULES = "packages/hardening/tests/test_rules.py"
WRITES = "packages/hardening/tests/test_writes.py"
FAULTS = "packages/hardening/tests/test_faults.py"
STATUSES = "packages/hardening/tests/test_statuses.py"
COLUMNS = "tests/test_contract.py"

GUARDS = [
    Guard(
        "hardening/exceptions.py",
        'STATUS_BY_CODE = {"unique": status.HTTP_409_CONFLICT,',
        'STATUS_BY_CODE = {"unique": status.HTTP_400_BAD_REQUEST,',
        f"{STATUSES}::test_raised_about_a_field_it_is_under_that_field",
    ),
    Guard(
        "hardening/integrity/explanations.py",
        "for constraint in (*get_constraints(model), *get_column_checks(model)):",
        "for constraint in (named,):",
        f"{RULES}::test_all_that_is_broken_is_reported_and_a_mixture_is_400",
    ),
    Guard(
        "hardening/integrity/writes.py",
        "            return translate_by_driver(error, self.items, unit.using)\n",
        "            raise\n",
        "packages/hardening/tests/test_explanations.py",
    ),
    Guard(
        "hardening/integrity/violations.py",
        "constraint.model._base_manager.using(using)",
        "constraint.model._default_manager.using(using)",
        "packages/hardening/tests/test_violations.py",
    ),
    Guard(
        "hardening/integrity/writes.py",
        "if errors:\n            raise reject(self.serializer, nest(errors))",
        "pass",
        f"{WRITES}::test_a_rule_of_clean_and_a_check_come_together_and_cost_nothing",
    ),
    Guard(
        "hardening/integrity/drivers.py",
        "        return Diagnosis(Kind.BUSY)\n",
        "        return None\n",
        f"{FAULTS}::test_a_busy_database_is_503_with_retry_after",
    ),
    Guard(
        "hardening/views.py",
        "            self.read_body()\n",
        "",
        "packages/hardening/tests/test_bodies.py",
    ),
    Guard(
        "hardening/resources/preconditions.py",
        "form, shown])",
        "form])",
        "packages/hardening/tests/test_etags.py",
    ),
    Guard(
        "hardening/integrity/transactions.py",
        "instance.refresh_from_db(from_queryset=_Fetched(found[instance.pk]))",
        "pass",
        "packages/hardening/tests/test_stale_instances.py",
    ),
    Guard(
        "hardening/models.py",
        '(changed := self._changed_immutable_fields(written, kwargs.get("using")))',
        "(changed := [])",
        "packages/hardening/tests/test_models.py",
    ),
    Guard(
        "hardening/serializers/models.py",
        '            extra.setdefault(name, {})["read_only"] = True\n',
        "            pass\n",
        COLUMNS,
    ),
    Guard(
        "hardening/serializers/models.py",
        ", **dict.fromkeys(changed, detail)}",
        "}",
        f"{WRITES}::test_a_client_cannot_set_a_field_that_the_server_sets",
    ),
]
