"""Every kind of rule, refused by the database, under its key, in its words and with its status."""

import pytest

pytestmark = pytest.mark.usefixtures("way")


def test_a_unique_column_behind_another_key_and_name(post):
    post("badges", badge="7")

    response = post("badges", badge="7")

    assert response.status_code == 409
    assert response.json() == {"badge": ["badge with this number already exists."]}


def test_unique_together_without_a_message_has_drfs_message(post):
    post("seats", row="A", number=1)

    response = post("seats", row="A", number=1)

    assert response.status_code == 409
    assert response.json() == {"non_field_errors": ["The fields row, number must make a unique set."]}
    assert post("seats", row="A", number=2).status_code == 201


def test_a_unique_expression(post):
    post("handles", name="Ada", team="")

    response = post("handles", name="ADA", team="")

    assert response.status_code == 409
    assert response.json() == {"name": ["Taken."]}


def test_a_unique_expression_under_a_condition(post):
    post("handles", name="a", team="Red")

    response = post("handles", name="b", team="red")

    assert response.status_code == 409
    assert response.json() == {"team": ["Team taken."]}


def test_a_unique_rule_holds_under_its_condition_only(post):
    body = {"day": "2026-01-01", "room": "A", "live": True}
    post("slots", body)

    assert post("slots", body).json() == {"room": ["Room taken."]}
    assert post("slots", body).status_code == 409
    assert post("slots", {**body, "live": False}).status_code == 201
    assert post("slots", {**body, "live": None}).status_code == 201


def test_a_generated_column(post):
    post("people", name="Ada Lovelace")

    response = post("people", name="Ada Lovelace")

    assert response.status_code == 409
    assert list(response.json()) == ["name"]


def test_nulls_that_are_not_distinct(postgresql, post):
    post("coupons", code="X")

    response = post("coupons", code="X", region=None)

    assert response.status_code == 409
    assert response.json() == {"code": ["Coupon taken."]}


def test_a_constraint_that_is_checked_at_commit(postgresql, post):
    post("steps", position=1)

    response = post("steps", position=1)

    assert response.status_code == 409
    assert response.json() == {"position": ["Position taken."]}


def test_an_exclusion(postgresql, post):
    span = ["2026-01-01T08:00:00Z", "2026-01-01T10:00:00Z"]
    assert post("bookings", room=1, span=span).status_code == 201

    response = post("bookings", room=1, span=["2026-01-01T09:00:00Z", "2026-01-01T11:00:00Z"])

    assert response.status_code == 409
    assert response.json() == {"span": ["The room is booked then."]}
    assert post("bookings", room=2, span=span).status_code == 201


def test_a_check_that_python_can_judge(post):
    response = post("slots", day="2026-01-01", room="A", starts=9, ends=9)

    assert response.status_code == 400
    assert response.json() == {"ends": ["Ends before it starts."]}


def test_a_check_that_only_the_database_can_judge(post):
    response = post("slots", day="2026-01-01", room="A", label="forbidden")

    assert response.status_code == 400
    assert response.json() == {"label": ["Not that label."]}


def test_a_check_passes_on_null(post):
    assert post("slots", day="2026-01-01", room="A", live=None).status_code == 201


@pytest.mark.parametrize(("shape", "key"), [("countries", "code"), ("lines", "non_field_errors")])
def test_a_primary_key_that_the_client_chooses(post, shape, key):
    body = {"countries": {"code": "DE", "name": "x"}, "lines": {"sheet": 1, "number": 1, "text": "x"}}[shape]
    assert post(shape, body).status_code == 201

    response = post(shape, body)

    assert response.status_code == 409
    assert list(response.json()) == [key]


@pytest.mark.parametrize(
    ("body", "key"), [({"plate": "A", "fleet_number": 2}, "plate"), ({"plate": "B", "fleet_number": 1}, "fleet_number")]
)
def test_the_tables_of_an_inherited_model(post, body, key):
    post("trucks", plate="A", fleet_number=1)

    response = post("trucks", body)

    assert response.status_code == 409
    assert list(response.json()) == [key]


def test_all_that_is_broken_is_reported_and_a_mixture_is_400(post):
    body = {"day": "2026-01-01", "room": "A", "live": True}
    post("slots", body)

    response = post("slots", {**body, "label": "forbidden"})

    assert response.status_code == 400
    assert response.json() == {"room": ["Room taken."], "label": ["Not that label."]}


def test_a_code_of_the_rules_own_is_kept(ada, post):
    post("handles", name="ada")

    response = ada.post("/shapes/handles/", {"name": "ada"}, headers={"Accept": "application/problem+json"})

    assert response.json()["errors"] == [{"pointer": "/name", "code": "handle_taken", "detail": "Taken."}]


def test_a_row_that_a_default_manager_hides_is_in_the_way_nevertheless(ada, post):
    hidden = post("soft", name="a", deleted=True)
    assert hidden.status_code == 201

    response = post("soft", name="a", deleted=False)

    assert response.status_code == 409
    assert response.json() == {"name": ["soft with this name already exists."]}


def test_a_violation_of_a_constraint_that_no_model_declares_is_a_server_error(post, caplog):
    post("raw", code="x")

    response = post("raw", code="x")

    assert response.status_code == 500
    assert response.json() == {"detail": "A server error occurred.", "code": "error"}


def test_a_constraint_that_no_model_declares_can_be_given_a_field(postgresql, post):
    post("raw-declared", code="x")

    taken = post("raw-declared", code="x")
    long = post("raw-declared", code="x" * 15)

    assert (taken.status_code, taken.json()) == (409, {"code": ["This field must be unique."]})
    assert (long.status_code, long.json()) == (400, {"code": ["Invalid input."]})


def test_a_composite_foreign_key_that_no_model_declares_can_be_given_a_field(postgresql, post, ada):
    ada_herself, eve = (post("authors", name=name).json()["id"] for name in ("Ada", "Eve"))
    slip = post("slips", author=ada_herself, name="Ada")

    created = post("slips", author=eve, name="Ada")
    changed = ada.patch(f"/shapes/slips/{slip.json()['id']}/", {"author": eve})

    error = {"author": [f'Invalid pk "{eve}" - object does not exist.']}
    assert slip.status_code == 201
    assert [(each.status_code, each.json()) for each in (created, changed)] == [(400, error), (400, error)]


def test_a_violation_by_another_table_is_a_server_error(post):
    assert post("noisy", name="a").status_code == 201

    response = post("noisy", name="b")  # and the audit says "saved" a second time

    assert response.status_code == 500
    assert "already" not in response.content.decode()


def test_a_partition_is_known_by_its_table(postgresql, post):
    body = {"day": "2026-01-01", "code": "x"}
    assert post("events", body).status_code == 201

    taken = post("events", body)
    refused = post("events", day="2026-01-01", code="none")

    assert (taken.status_code, taken.json()) == (409, {"non_field_errors": ["Code taken."]})
    assert (refused.status_code, refused.json()) == (400, {"code": ["Not none."]})


def test_a_table_in_another_schema(postgresql, post):
    assert post("elsewhere", name="x").status_code == 201

    response = post("elsewhere", name="x")

    assert response.status_code == 409
    assert response.json() == {"name": ["elsewhere with this name already exists."]}


def test_a_model_in_another_database(post):
    assert post("remote", name="x").status_code == 201

    response = post("remote", name="x")

    assert response.status_code == 409
    assert response.json() == {"name": ["remote with this name already exists."]}
