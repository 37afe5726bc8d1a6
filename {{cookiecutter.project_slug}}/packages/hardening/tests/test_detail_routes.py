"""A detail route responds in the same way, whether the SELECT for its object is compiled or used again."""

from typing import Any

import pytest

from hardening.routing import compiled_selects
from hardening.routing.compiled_selects import CompiledSelect
from hardening.viewsets import ModelViewSet
from shapes.models import Basket
from shapes.routed import serializer, serve

pytestmark = pytest.mark.django_db


class BasketViewSet(ModelViewSet):
    queryset = Basket.objects.all()
    serializer_class = serializer(Basket, ("id", "name"))


def test_a_detail_route_responds_alike_each_time(ada, settings, monkeypatch):
    monkeypatch.setattr(compiled_selects, "_compiled", {})
    basket = Basket.objects.create(name="b")
    serve(settings, baskets=BasketViewSet)
    for name in ("c", "d"):
        assert ada.patch(f"/baskets/{basket.pk}/", {"name": name}).json() == {"id": basket.pk, "name": name}
        assert ada.get(f"/baskets/{basket.pk}/").json() == {"id": basket.pk, "name": name}
        assert ada.get(f"/baskets/{basket.pk + 1}/").status_code == 404
    assert ada.delete(f"/baskets/{basket.pk}/").status_code == 204
    assert ada.get(f"/baskets/{basket.pk}/").status_code == 404
    assert len(compiled_selects._compiled) == 2  # with and without a lock


class ModelOnlyViewSet(BasketViewSet):
    def filter_queryset(self, queryset: Any) -> Any:
        return Basket


def test_a_view_may_return_a_model_instead_of_a_queryset(ada, settings):
    serve(settings, baskets=ModelOnlyViewSet)
    basket = Basket.objects.create(name="b")

    assert ada.get(f"/baskets/{basket.pk}/").json() == {"id": basket.pk, "name": "b"}


@pytest.mark.django_db(databases=["default", "second"])
def test_a_router_is_asked_once(settings):
    asked = []

    class Router:
        def db_for_read(self, model: Any, **hints: Any) -> str:
            asked.append(model)
            return "default"

    settings.DATABASE_ROUTERS = [Router()]
    for _ in range(2):
        asked.clear()
        with pytest.raises(Basket.DoesNotExist):
            CompiledSelect(Basket.objects.all()).get(pk=1)
        assert len(asked) == 1
