"""A location cannot be closed between its validation and the write of a purchase."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, connections
from django.db.models.signals import pre_save

from purchases.models import Location, Purchase

PATIENCE = {"postgresql": "SET lock_timeout = '100ms'", "sqlite": "PRAGMA busy_timeout = 100"}


@pytest.fixture
def at_the_write():
    """Return a function that schedules another function, in a thread, just before a purchase is written."""
    answers = []

    def arrange(function):
        def called(sender, **kwargs):
            with ThreadPoolExecutor(1) as thread:
                answers.append(thread.submit(function).result())

        pre_save.connect(called, sender=Purchase, weak=False, dispatch_uid="at_the_write")
        return answers

    yield arrange
    pre_save.disconnect(sender=Purchase, dispatch_uid="at_the_write")


def impatient(function):
    """Return *function* with a connection that gives up on a lock after 100 ms."""

    def called():
        close_old_connections()
        try:
            with connection.cursor() as cursor:
                cursor.execute(PATIENCE[connection.vendor])
            return function()
        finally:
            connections.close_all()

    return called


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"closed": True}, {"name": "Other"}])
def test_changing_a_location_waits_for_a_purchase_that_refers_to_it(ada, buy, locate, at_the_write, change):
    here = locate(ada)
    answers = at_the_write(impatient(lambda: ada.patch(f"/api/v1/locations/{here}/", change)))

    bought = buy(ada, location=here)

    assert bought.status_code == 201
    assert [answer.status_code for answer in answers] == [503]
    assert ada.patch(f"/api/v1/locations/{here}/", {"closed": True}).status_code == 200
    assert Location.objects.get().closed


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("postgresql")  # SQLite's writers wait for each other, whatever they write
def test_another_location_can_be_closed_during_a_purchase(ada, buy, locate, at_the_write):
    here, elsewhere = locate(ada), locate(ada)
    answers = at_the_write(impatient(lambda: ada.patch(f"/api/v1/locations/{elsewhere}/", {"closed": True})))

    assert buy(ada, location=here).status_code == 201
    assert [answer.status_code for answer in answers] == [200]
