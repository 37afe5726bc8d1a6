"""The limit on form fields, which only the admin can exceed."""

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db


def test_a_form_with_too_many_fields_is_400(client):
    def status(number: int) -> int:
        form = {f"field{n}": "a" for n in range(number)}
        return int(client.post("/admin/login/", form, format="multipart", secure=True).status_code)

    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    assert (status(limit), status(limit + 1)) == (200, 400)
