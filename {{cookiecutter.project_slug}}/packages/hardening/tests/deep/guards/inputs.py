"""What is not let in."""

from deep.guards.guard import Guard

LIMITS = "packages/hardening/tests/test_limits.py"
RELATIONS = "packages/hardening/tests/test_relations.py"
OUTERMOST = "tests/config/test_outermost.py"
REQUESTS = "tests/config/test_requests.py"
INPUTS = "tests/test_contract.py::test_every_invalid_request_is_rejected_and_leaves_every_list_and_object_readable"
TEXTS, TYPES, KEYS, VALUES, OBJECTS, QUERIES, PAGES = (
    f"{INPUTS}[{name}]" for name in ("texts", "types", "keys", "values", "objects", "queries", "pages")
)
KINDS = "packages/hardening/tests/test_kinds.py"

SIZES = "packages/hardening/tests/test_body_sizes.py"
LINEAR = "packages/hardening/tests/test_linear_work.py"
JSON_TYPES = "packages/hardening/tests/test_json_types.py"

GUARDS = [
    Guard(
        "hardening/serializers/plain.py",
        "if max_rows is not None and rows > max_rows:",
        "if False:",
        f"{SIZES}::test_nested_rows_count_together",
    ),
    Guard(
        "hardening/serializers/plain.py",
        "if max_items is not None and items > max_items:",
        "if False:",
        f"{SIZES}::test_the_items_of_all_lists_and_the_keys_of_all_objects_count_together",
    ),
    Guard(
        "hardening/serializers/containers.py",
        "if self.max_values is not None and number > self.max_values:",
        "if False:",
        f"{SIZES}::test_a_json_field_counts_its_values_and_keys",
    ),
    Guard(
        "hardening/serializers/fields.py",
        "if limit is not None and isinstance(value, str) and len(value) > limit:",
        "if False:",
        f"{LINEAR}::test_no_expression_sees_a_text_that_is_too_long",
    ),
    Guard(
        "hardening/relations/slugs_and_urls.py",
        "    if len(text) > MAX_URL:\n        return False\n",
        "",
        f"{LINEAR}::test_a_url_that_is_too_long_is_rejected_before_it_is_parsed",
    ),
    Guard(
        "hardening/middleware.py",
        "len(value) > MAX_HEADER",
        "False",
        f"{LINEAR}::test_the_repetitions_of_a_header_count_together",
    ),
    Guard(
        "hardening/json_types.py",
        "return type(field) in _OF_DRF if own is None else bool(own)",
        "return True",
        f"{JSON_TYPES}::test_a_packages_field_is_exempt_from_json_type_checking",
    ),
    Guard(
        "hardening/serializers/cached_fields.py",
        "_translated(each) for each in field.validators",
        "each for each in field.validators",
        "packages/hardening/tests/test_languages.py",
    ),
    Guard(
        "hardening/parsers.py", "if _measure_depth(text) > MAX_DEPTH:", "if False:", f"{LIMITS}::test_the_depth_of_json"
    ),
    Guard("hardening/parsers.py", "if len(members) != len(pairs):", "if False:", TEXTS),
    Guard("hardening/parsers.py", "not math.isfinite(number := float(text))", "(number := float(text)) is None", TEXTS),
    Guard(
        "hardening/parsers.py",
        "    if len(text) > MAX_DIGITS:\n",
        "    if False:\n",
        f"{LIMITS}::test_the_length_of_a_number",
    ),
    Guard("hardening/negotiation.py", 'None if "*" in (request.content_type or "") else ', "", TYPES),
    Guard("hardening/views.py", "        if not _is_empty_json(request):\n", "        if True:\n", TEXTS),
    Guard(
        "hardening/middleware.py",
        "return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)",
        "pass",
        f"{REQUESTS}::test_a_request_body_without_a_content_length_is_411",
    ),
    Guard(
        "hardening/middleware.py",
        "return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)",
        "pass",
        f"{LIMITS}::test_the_size_of_a_body",
    ),
    Guard(
        "hardening/middleware.py",
        "return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # RFC 9110, 15.5.16",
        "pass",
        TYPES,
    ),
    Guard(
        "hardening/serializers/plain.py",
        "if unknown := unknown_keys(self.fields, data, of_url):",
        "if unknown := ():",
        KEYS,
    ),
    Guard(
        "hardening/serializers/plain.py",
        "(found := type_errors(field, data.get(key)))",
        "(found := None)",
        VALUES,
        "POST profile-list: /bio: 5",
    ),
    Guard("hardening/serializers/containers.py", "        _refuse_unstorable(texts)\n", "", KINDS),
    Guard("hardening/serializers/fields.py", "and not field.shape.fullmatch(value)", "and False", KINDS),
    Guard(
        "hardening/serializers/fields.py",
        "isinstance(value, str) and (len(value) > _LONGEST or not self.shape.fullmatch(value))",
        "False",
        KINDS,
    ),
    Guard(
        "hardening/serializers/models.py",
        'return {"min_value": -_LONGEST, "max_value": _LONGEST, **kwargs}',
        "return kwargs",
        KINDS,
    ),
    Guard("hardening/renderers.py", "except UnicodeEncodeError:", "except ZeroDivisionError:", KEYS),
    Guard("hardening/relations/related_fields.py", "_NO_KEYS = (bool, float, ", "_NO_KEYS = (", RELATIONS),
    Guard(
        "hardening/truncation.py",
        "return value if len(text) <= _LONGEST_ECHO else",
        "return value if True else",
        f"{LIMITS}::test_an_error_repeats_at_most_64_characters_of_the_input",
    ),
    Guard(
        "hardening/relations/related_fields.py",
        "if self.max_items is not None and len(data) > self.max_items:",
        "if False:",
        f"{LIMITS}::test_the_items_of_a_related_field",
    ),
    Guard(
        "hardening/serializers/plain.py",
        '{"max_length": MAX_ROWS, **kwargs}',
        "kwargs",
        f"{LIMITS}::test_the_rows_of_a_body",
    ),
    Guard(
        "hardening/pagination.py", "max_page_size = 100", "max_page_size = 10_000", f"{LIMITS}::test_the_rows_of_a_page"
    ),
    Guard("hardening/pagination.py", "except BadSignature as error:", "except ZeroDivisionError as error:", PAGES),
    Guard(
        "hardening/filters.py",
        "        if len(terms) > MAX_TERMS:\n",
        "        if False:\n",
        f"{LIMITS}::test_the_terms_of_a_search",
    ),
    Guard("hardening/filters.py", "> MAX_LENGTH:\n", "> 10**9:\n", f"{LIMITS}::test_the_length_of_a_search"),
    Guard(
        "hardening/views.py",
        "        if unknown := query.keys() - set(self.get_query_parameters()):",
        "        if unknown := set():",
        QUERIES,
    ),
    Guard("hardening/views.py", 'if "\\0" in text:', "if False:", QUERIES),
    Guard(
        "hardening/views.py",
        "repeated = [name for name, values in query.lists() if len(values) > 1]",
        "repeated = []",
        PAGES,
    ),
    Guard(
        "hardening/viewsets.py", "lookup_value_regex: Any = LookupPattern()", 'lookup_value_regex = "[^/]+"', OBJECTS
    ),
    Guard(
        "hardening/views.py",
        "getattr(self, method, None) if method in self.http_method_names else None",
        "getattr(self, method, None)",
        f"{REQUESTS}::test_an_unsupported_method_is_405_with_allow",
    ),
    Guard(
        "hardening/middleware.py",
        'if (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8:',
        "if False:",
        f"{OUTERMOST}::test_a_charset_other_than_utf_8_is_415_with_and_without_a_query",
    ),
]
