"""Every way of writing: what is refused leaves nothing behind, and what is kept is whole."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shapes import models

pytestmark = pytest.mark.usefixtures("way")


def basket(**changes: object) -> dict[str, object]:
    return {"name": "fruit", "label": {"text": "sweet"}, "items": [{"name": "apple"}, {"name": "pear"}]} | changes


def test_nested_objects_are_written_together(post):
    response = post("baskets", basket())

    assert response.status_code == 201
    assert response.json()["items"] == [{"name": "apple", "amount": 1}, {"name": "pear", "amount": 1}]


def test_a_shape_error_of_a_child_has_its_index(post):
    response = post("baskets", basket(items=[{"name": "apple"}, {"name": "x" * 21}]))

    assert response.status_code == 400
    assert response.json() == {"items": {"1": {"name": ["Ensure this field has no more than 20 characters."]}}}


@pytest.mark.parametrize(
    ("changes", "status", "detail"),
    [
        ({"items": [{"name": "apple"}, {"name": "apple"}]}, 409, {"items": {"1": {"name": ["Twice."]}}}),
        ({"items": [{"name": "a"}, {"name": "b", "amount": 0}]}, 400, {"items": {"1": {"amount": ["Too few."]}}}),
        ({"items": [{"name": "a"}, {"name": "fruit"}]}, 400, {"items": {"1": {"name": ["Named as its basket."]}}}),
    ],
)
def test_a_rejected_child_has_its_index_and_nothing_is_left(post, changes, status, detail):
    response = post("baskets", basket(**changes))

    assert (response.status_code, response.json()) == (status, detail)
    assert [each.objects.count() for each in (models.Basket, models.Label, models.Item)] == [0, 0, 0]


def test_a_rejected_one_to_one_has_its_key(post):
    post("baskets", basket())

    response = post("baskets", basket(name="other"))

    assert response.status_code == 409
    assert response.json() == {"label": {"text": ["label with this text already exists."]}}
    assert models.Basket.objects.count() == 1


def test_parent_and_child_with_the_same_primary_key_are_distinguished(post):
    post("baskets", basket())

    response = post("baskets", basket(label={"text": "other"}))

    assert response.status_code == 409
    assert response.json() == {"name": ["basket with this name already exists."]}


def test_children_are_replaced_or_all_stay(ada, post):
    created = post("baskets", basket()).json()
    target = f"/shapes/baskets/{created['id']}/"

    refused = ada.put(target, basket(items=[{"name": "plum"}, {"name": "plum"}]))
    replaced = ada.put(target, basket(items=[{"name": "plum"}]))

    assert (refused.status_code, refused.json()) == (409, {"items": {"1": {"name": ["Twice."]}}})
    assert (replaced.status_code, replaced.json()["items"]) == (200, [{"name": "plum", "amount": 1}])


def test_a_serializer_within_another_one_reports_its_own_keys(post):
    post("badges", badge="7")

    response = post("outer", name="x", number="7")

    assert response.status_code == 409
    assert response.json() == {"number": ["badge with this number already exists."]}
    assert models.Basket.objects.count() == 0


def test_a_list_is_written_as_a_whole(post):
    response = post("badges", [{"badge": "1"}, {"badge": "2"}])

    assert response.status_code == 201
    assert [each["badge"] for each in response.json()] == ["1", "2"]


def test_a_list_reports_every_clash_by_index_and_leaves_nothing(post):
    post("badges", badge="2")

    response = post("badges", [{"badge": "1"}, {"badge": "2"}, {"badge": "3"}, {"badge": "2"}])

    assert response.status_code == 409
    error = {"badge": ["badge with this number already exists."]}
    assert response.json() == {"1": error, "3": error}
    assert models.Badge.objects.count() == 1


def test_a_list_may_not_clash_with_itself(post):
    response = post("badges", [{"badge": "1"}, {"badge": "1"}])

    assert response.status_code == 409
    assert response.json() == {"1": {"badge": ["badge with this number already exists."]}}


def test_a_list_has_100_objects_at_most(post, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = post("badges", [{"badge": str(number)} for number in range(101)])

    assert response.status_code == 400
    assert response.json() == {"non_field_errors": ["Ensure this field has no more than 100 elements."]}


@pytest.mark.parametrize(
    ("rows", "status", "detail"),
    [
        ([("A", 8, 9), ("B", 8, 9), ("A", 9, 10)], 409, {"2": {"room": ["Room taken."]}}),
        ([("A", 8, 9), ("taken", 8, 9)], 409, {"1": {"room": ["Room taken."]}}),
    ],
)
def test_rows_written_in_one_statement_are_explained_by_index(post, rows, status, detail):
    post("slots", day="2026-01-01", room="taken", live=True)

    response = post(
        "slots-at-once",
        [
            {"day": "2026-01-01", "room": room, "live": True, "starts": starts, "ends": ends}
            for room, starts, ends in rows
        ],
    )

    assert (response.status_code, response.json()) == (status, detail)
    assert models.Slot.objects.count() == 1


def test_a_patch_keeps_fields_that_save_computes(ada, post):
    created = post("documents", title="A", body="one two").json()

    response = ada.patch(f"/shapes/documents/{created['id']}/", {"body": "one two three"})

    assert response.json()["words"] == 3
    assert response.json()["changed"] > created["changed"]
    assert models.Document.objects.get().words == 3


def test_put_and_patch_of_the_same_values_are_no_duplicates(ada, post):
    created = post("badges", badge="7").json()

    assert ada.put(f"/shapes/badges/{created['id']}/", created).status_code == 200
    assert ada.patch(f"/shapes/badges/{created['id']}/", {"badge": "7"}).status_code == 200


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_rejected_change_leaves_everything_as_it_was(ada, post, method):
    post("badges", badge="1")
    other = post("badges", badge="2", note="mine").json()

    response = getattr(ada, method)(f"/shapes/badges/{other['id']}/", {"badge": "1", "note": "changed"})

    assert response.status_code == 409
    assert ada.get(f"/shapes/badges/{other['id']}/").json() == other


def test_a_row_that_was_deleted_is_404_and_stays_deleted(ada, post):
    created = post("badges", badge="1").json()
    models.Badge.objects.all().delete()

    for method in ("put", "patch", "delete"):
        assert getattr(ada, method)(f"/shapes/badges/{created['id']}/", created).status_code == 404
    assert models.Badge.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"name": "taken", "size": 1}, 409, {"name": ["Careful with this Name already exists."]}),
        ({"name": "free", "size": 0}, 400, {"size": ["Too small."]}),
    ],
)
def test_a_save_that_validates_everything_itself_is_answered_in_the_same_shape(post, body, status, detail):
    post("careful", name="taken")

    response = post("careful", body)

    assert response.status_code == status
    assert list(response.json()) == list(detail)


def test_an_update_is_a_lock_and_an_update(ada, post, way):
    created = post("badges", badge="1").json()

    with CaptureQueriesContext(connection) as queries:
        response = ada.patch(f"/shapes/badges/{created['id']}/", {"note": "x"})

    assert response.status_code == 200
    told = [each["sql"].split()[0] for each in queries.captured_queries]
    extra = ["SET", "SET"] if connection.vendor == "postgresql" else []
    if way == "outermost":
        assert told == ["SELECT", "BEGIN", "SELECT", "UPDATE", "COMMIT"]
    else:
        assert told == ["SELECT", "SAVEPOINT", "SELECT", "UPDATE", *extra, "RELEASE"]
    if connection.vendor == "postgresql":
        assert "FOR UPDATE OF" in queries.captured_queries[2]["sql"]


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("steps", {"position": 1}),
        ("bookings", {"room": 1, "span": ["2026-01-01T08:00:00Z", "2026-01-01T10:00:00Z"]}),
    ],
)
def test_writers_wait_for_each_other_under_constraints_checked_after_the_insert(postgresql, post, shape, body):
    with CaptureQueriesContext(connection) as queries:
        assert post(shape, **body).status_code == 201

    turn = next(number for number, each in enumerate(queries.captured_queries) if "advisory" in each["sql"])
    told = [each["sql"].split()[0] for each in queries.captured_queries]
    assert told.index("SELECT", 1) == turn < told.index("INSERT")


def test_a_conflict_costs_the_insert_and_a_look_at_each_other_rule(post, way):
    post("handles", name="ada")

    with CaptureQueriesContext(connection) as queries:
        assert post("handles", name="ada").status_code == 409

    told = [each["sql"].split()[0] for each in queries.captured_queries]
    if way == "outermost":
        assert told == ["SELECT", "INSERT", "SELECT"]
    else:
        assert [each for each in told if each not in ("SAVEPOINT", "RELEASE", "ROLLBACK")] == [
            "SELECT",
            "INSERT",
            "SELECT",
        ]


def test_a_list_is_one_transaction_and_an_insert_for_each(post, way):
    with CaptureQueriesContext(connection) as queries:
        assert post("badges", [{"badge": str(number)} for number in range(5)]).status_code == 201

    told = [each["sql"].split()[0] for each in queries.captured_queries]
    assert told.count("INSERT") == 5
    assert told[1] in ("BEGIN", "SAVEPOINT")
    assert told[-1] in ("COMMIT", "RELEASE")


def test_a_client_cannot_set_a_field_that_the_server_sets(ada, bob, post):
    body = {"serial": "s", "kind": "even", "value": 2}

    assert post("gadgets", body).json()["owner"] == ada.user.pk
    assert post("gadgets", {**body, "serial": "t", "owner": ada.user.pk}).status_code == 201
    response = post("gadgets", {**body, "serial": "u", "owner": bob.user.pk})

    assert response.status_code == 400
    assert response.json() == {"owner": ["This field cannot be changed."]}


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("field", ["owner", "serial"])
def test_an_immutable_field_is_rejected_only_with_another_value(ada, bob, post, method, field):
    created = post("gadgets", serial="s", kind="even", value=2).json()
    target = f"/shapes/gadgets/{created['id']}/"
    other = {"owner": bob.user.pk, "serial": "other"}[field]

    same = getattr(ada, method)(target, created)
    changed = getattr(ada, method)(target, {**created, field: other})

    assert (same.status_code, same.json()) == (200, created)
    assert (changed.status_code, changed.json()) == (400, {field: ["This field cannot be changed."]})


def test_a_rule_of_clean_and_a_check_come_together_and_cost_nothing(post, django_assert_num_queries):
    with django_assert_num_queries(1):  # the token
        response = post("gadgets", serial="s", kind="even", value=101)

    assert response.status_code == 400
    assert response.json() == {"value": ["Less than 100, please.", "This is not even."]}


def test_a_rule_of_clean_holds_in_a_list_by_index(post):
    rows = [{"serial": str(number), "kind": "even", "value": number} for number in range(3)]

    response = post("gadgets", rows)

    assert response.status_code == 400
    assert response.json() == {"1": {"value": ["This is not even."]}}
    assert models.Gadget.objects.count() == 0
