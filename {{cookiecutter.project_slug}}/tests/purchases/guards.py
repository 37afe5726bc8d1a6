"""What the contract tests notice in the example without a test of it; `make test-deep` removes one after the other."""

from deep.guards.guard import Guard

CONTRACT = "tests/test_contract.py"
FACTS = f"{CONTRACT}::test_serializers_and_models_are_as_recorded"
STATUS = f"{CONTRACT}::test_every_user_gets_the_recorded_status"
INPUTS = f"{CONTRACT}::test_every_invalid_request_is_rejected_and_leaves_every_list_and_object_readable"
CONDITIONS, REFERENCES, MALFORMED, VALUES = (
    f"{INPUTS}[{name}]" for name in ("conditions", "references", "malformed references", "values")
)

GUARDS = [
    Guard(
        "purchases/views.py",
        "class PurchaseViewSet(IdempotencyMixin, PreconditionsMixin, FlatListMixin, ModelViewSet):",
        "class PurchaseViewSet(IdempotencyMixin, PreconditionsMixin, ModelViewSet):",
        f"{CONTRACT}::test_every_method_executes_the_recorded_statements[purchase-list]",
        "GET purchase-list: 3 statements -> 3 (-SELECT purchases_purchase_contacts, +SELECT purchases_contact)",
    ),
    Guard(
        "purchases/models.py",
        "models.PositiveIntegerField(validators=[MinValueValidator(1)])",
        "models.PositiveIntegerField()",
        f"{FACTS}[purchases]",
        "Purchase (purchase-detail, purchase-list): quantity: MinValueValidator(1) -> nothing",
    ),
    Guard(
        "purchases/migrations/0001_initial.py",
        "fields=('owner', 'name'), name='location_name_unique_per_owner'",
        "fields=('owner', 'name', 'id'), name='location_name_unique_per_owner'",
        f"{CONTRACT}::test_a_duplicate_is_a_conflict_under_the_reported_field"
        "[POST location-list location_name_unique_per_owner]",
        "POST location-list: a duplicate of name gets 201 instead of 409",
    ),
    Guard(
        "purchases/models.py",
        "        return self.filter(owner=user)\n",
        "        return self.all()\n",
        f"{STATUS}[location-detail]",
        "GET location-detail: another user: 404 -> 200",
    ),
    Guard(
        "purchases/models.py",
        "        return self.filter(purchaser=user)\n",
        "        return self.all()\n",
        f"{FACTS}[purchases]",
        "Purchase (purchase-detail, purchase-list): visible_to: purchaser = user -> all rows",
    ),
    Guard(
        "purchases/serializers.py",
        '        related_querysets = {"location": visible_to_caller}\n',
        '        related_querysets = {"location": lambda queryset, field: queryset}\n',
        f"{FACTS}[purchases]",
        "ContactSerializer (contact-detail, contact-list): location: ",
    ),
    Guard(
        "purchases/serializers.py",
        '        create_defaults = {"owner": serializers.current_user}\n',
        "",
        f"{FACTS}[purchases]",
        "LocationSerializer (location-detail, location-list): owner: read-only -> read and write",
    ),
    Guard(
        "hardening/resources/column_lists.py",
        "            column.fetch(page, queryset)\n",
        "            [column.fetch([row], queryset) for row in page]\n",
        f"{CONTRACT}::test_a_list_executes_the_same_statements_for_any_number_of_rows[purchase-list]",
        "rows instead of 1: name contacts in Meta.select_related",
    ),
    Guard(
        "purchases/models.py",
        '                name="purchase_quantity_is_positive",\n',
        '                name="purchase_quantity_is_checked",\n',
        f"{CONTRACT}::test_every_change_of_a_model_has_its_migration",
        "purchase_quantity_is_positive",
    ),
    Guard(
        "purchases/models.py",
        """\
            models.UniqueConstraint(
                fields=["purchaser", "reference"],
                name="purchase_reference_unique_per_purchaser",
                violation_error_message="You already have a purchase with this reference.",
            ),
""",
        "",
        f"{FACTS}[purchases]",
        "Purchase (purchase-detail, purchase-list): purchase_reference_unique_per_purchaser: unique: ",
    ),
    Guard(
        "purchases/serializers.py",
        '"contacts": visible_to_caller}',
        '"contacts": lambda queryset, field: queryset}',
        REFERENCES,
        "POST purchase-list: /contacts/0: ",
    ),
    Guard(
        "hardening/serializers/fields.py",
        'shape = re.compile(rf"{_DAY}[Tt ]{_TIME}{_ZONE}?")',
        'shape = re.compile(".*")',
        VALUES,
        "POST purchase-list: /earliest: ",
    ),
    Guard(
        "hardening/relations/related_fields.py",
        "        if isinstance(field, IntegerField) and not in_range(key, field):\n            self.missing(data)\n",
        "",
        MALFORMED,
        "POST purchase-list: /contacts/0: [9223372036854775808]: ",
    ),
    Guard(
        "hardening/resources/preconditions.py",
        "    if not _TAGS.fullmatch(sent):\n",
        "    if False:\n",
        CONDITIONS,
        "PUT /api/v1/purchases/",
    ),
]
