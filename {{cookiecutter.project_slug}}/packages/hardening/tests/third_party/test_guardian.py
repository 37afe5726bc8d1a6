"""django-guardian: permissions on single objects decide what is visible."""

from typing import Any, Self

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from hardening import serializers
from hardening.models import Model, QuerySet
from hardening.relations import visible_to_caller
from third_party.models import Open, models
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class FolderQuerySet(QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """What `docs/packages.md` shows."""
        return get_objects_for_user(user, "view_folder", self, with_superuser=False, accept_global_perms=False)


class Folder(Model):
    name = models.CharField(max_length=20, unique=True)
    objects = FolderQuerySet.as_manager()

    class Meta:
        app_label = "third_party"


class FolderUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Folder, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        app_label = "third_party"


class FolderGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Folder, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        app_label = "third_party"


class DrawerQuerySet(QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        return get_objects_for_user(user, "view_drawer", self, with_superuser=False, accept_global_perms=False)


class Drawer(Model):
    """Without tables of its own for permissions: they are in the package's generic ones."""

    name = models.CharField(max_length=20)
    objects = DrawerQuerySet.as_manager()

    class Meta:
        app_label = "third_party"


class DrawerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Drawer
        fields = ("id", "name")


class Paper(Open):
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE)


class FolderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Folder
        fields = ("id", "name")


class PaperSerializer(serializers.ModelSerializer):
    class Meta:
        model = Paper
        fields = ("id", "folder")
        related_querysets = {"folder": visible_to_caller}


DRAWERS = viewset(DrawerSerializer)
urlpatterns = routes(folders=viewset(FolderSerializer), papers=viewset(PaperSerializer), drawers=DRAWERS)


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return sorted(each["name"] for each in response.json()["results"])


def test_a_user_sees_and_changes_the_objects_of_their_permissions_only(ada, bob):
    mine, other = Folder.objects.create(name="mine"), Folder.objects.create(name="other")
    assign_perm("view_folder", ada.user, mine)

    assert names(ada.get("/folders/")) == ["mine"]
    assert names(bob.get("/folders/")) == []
    assert ada.patch(f"/folders/{mine.pk}/", {"name": "new"}).json() == {"id": mine.pk, "name": "new"}
    for method in (ada.get, ada.delete):
        hidden, missing = method(f"/folders/{other.pk}/"), method(f"/folders/{other.pk + 100}/")
        assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
        assert hidden.status_code == 404
    assert Folder.objects.filter(pk=other.pk).exists()


def test_permissions_of_a_group_count_and_end(ada):
    folder, group = Folder.objects.create(name="a"), Group.objects.create(name="readers")
    ada.user.groups.add(group)
    assign_perm("view_folder", group, folder)
    assert names(ada.get("/folders/")) == ["a"]

    remove_perm("view_folder", group, folder)

    assert names(ada.get("/folders/")) == []


def test_a_related_field_accepts_visible_objects_only(ada):
    mine, other = Folder.objects.create(name="mine"), Folder.objects.create(name="other")
    assign_perm("view_folder", ada.user, mine)

    hidden, missing = (ada.post("/papers/", {"folder": pk}) for pk in (other.pk, other.pk + 100))

    assert ada.post("/papers/", {"folder": mine.pk}).status_code == 201
    assert (hidden.status_code, missing.status_code) == (400, 400)
    assert hidden.json()["folder"][0].replace(str(other.pk), "") == missing.json()["folder"][0].replace(
        str(other.pk + 100), ""
    )


def test_the_name_of_a_hidden_object_is_409(ada):
    Folder.objects.create(name="taken")

    response = ada.post("/folders/", {"name": "taken"})

    assert (response.status_code, list(response.json())) == (409, ["name"])


def test_generic_object_permissions_decide_visibility_too(ada):
    mine, _other = Drawer.objects.create(name="mine"), Drawer.objects.create(name="other")
    assign_perm("view_drawer", ada.user, mine)

    assert names(ada.get("/drawers/")) == ["mine"]


def test_the_checks_accept_permissions_with_a_foreign_key_and_warn_of_generic_ones(db):
    for model in (Folder, Drawer):  # which `visible_to()` asks for, and a check runs no statement
        ContentType.objects.get_for_model(model)

    assert checked(routes(folders=viewset(FolderSerializer), papers=viewset(PaperSerializer))) == []
    assert checked(routes(drawers=DRAWERS)) == ["W032"]
