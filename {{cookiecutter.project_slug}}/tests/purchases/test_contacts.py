import pytest

LIST = "/api/v1/contacts/"
EMAIL, URL = "Enter a valid email address.", "Enter a valid URL."
PHONE = "Enter a phone number in E.164 format, such as +4930123456."


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "ada@example.com"),
        ("phone", "+4930123456"),
        ("url", "https://example.com/"),
        ("url", "http://example.com"),
    ],
)
def test_a_value_that_matches_its_kind_is_201(ada, contact, kind, value):
    response = contact(ada, kind=kind, value=value)

    assert response.status_code == 201
    assert (response.json()["kind"], response.json()["value"]) == (kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        *(("email", value, EMAIL) for value in ("a", "a@b", "+4930123456", "https://a.example")),
        ("phone", "030123456", PHONE),
        ("phone", "030 123456", PHONE),
        ("phone", "+49 30", PHONE),
        ("phone", "+4930123456\n1", PHONE),
        ("phone", "+0", PHONE),
        ("phone", "+049", PHONE),
        ("phone", "+1234567890123456", PHONE),
        ("phone", "a@b.example", PHONE),
        ("phone", "+\u0661\u0661", PHONE),
        *(("url", value, URL) for value in ("a", "ftp://a.example", "javascript:alert(1)", "//a.example", "http://")),
    ],
)
def test_a_value_that_does_not_match_its_kind_is_400(ada, contact, kind, value, error):
    response = contact(ada, kind=kind, value=value)

    assert response.status_code == 400
    assert response.json() == {"value": [error]}


def test_an_unknown_kind_is_400(ada, contact):
    response = contact(ada, kind="fax")

    assert response.status_code == 400
    assert response.json() == {"kind": ['"fax" is not a valid choice.']}


def test_a_patched_value_is_validated_with_the_stored_kind(ada, contact):
    target = f"{LIST}{contact(ada, kind='phone', value='+4930123456').json()['id']}/"

    refused = ada.patch(target, {"value": "ada@example.com"})
    taken = ada.patch(target, {"value": "+4930654321"})

    assert (refused.status_code, refused.json()) == (400, {"value": [PHONE]})
    assert (taken.status_code, taken.json()["value"]) == (200, "+4930654321")


def test_a_patched_kind_is_validated_with_the_stored_value(ada, contact):
    target = f"{LIST}{contact(ada, kind='phone', value='+4930123456').json()['id']}/"

    response = ada.patch(target, {"kind": "email"})

    assert response.status_code == 400
    assert list(response.json()) == ["value"]


def test_a_duplicate_name_is_409_within_a_location(ada, contact):
    first = contact(ada, name="Bell").json()

    response = contact(ada, name="Bell", location=first["location"])

    assert response.status_code == 409
    assert response.json() == {"name": ["This location already has a contact with this name."]}
    assert contact(ada, name="Bell").status_code == 201


def test_a_patch_of_another_field_is_200(ada, contact):
    target = f"{LIST}{contact(ada, name='Bell').json()['id']}/"

    assert ada.patch(target, {"value": "other@example.com"}).status_code == 200


def test_another_users_location_does_not_exist(ada, bob, contact, locate):
    others = locate(bob)

    foreign = contact(ada, location=others)
    absent = contact(ada, location=others + 1000)

    assert foreign.status_code == absent.status_code == 400
    assert foreign.json() == {"location": [f'Invalid pk "{others}" - object does not exist.']}
    assert absent.json() == {"location": [f'Invalid pk "{others + 1000}" - object does not exist.']}


def test_another_users_contact_is_404(ada, bob, contact):
    target = f"{LIST}{contact(ada).json()['id']}/"

    assert bob.get(target).status_code == 404
    assert bob.get(LIST).json()["results"] == []
