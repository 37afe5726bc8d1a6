"""drf-nested-routers: routes below the routes of a parent."""

from typing import Any

import pytest
from django.db import models
from rest_framework_nested import routers as nested
from rest_framework_nested.serializers import NestedHyperlinkedModelSerializer
from rest_framework_nested.viewsets import NestedViewSetMixin

from hardening import serializers
from hardening.relations import visible_to_caller
from hardening.viewsets import ModelViewSet
from third_party.models import Open
from third_party.routed import checked, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Project(Open):
    name = models.CharField(max_length=20)
    slug = models.SlugField(unique=True)


class Task(Open):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=20)

    class Meta(Open.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["project", "title"], name="task_title", violation_error_message="Twice.")
        ]


class ProjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ("id", "name", "slug")


class TaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ("id", "title")


class ChoosingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ("id", "title", "project")
        related_querysets = {"project": visible_to_caller}


class LinkedSerializer(NestedHyperlinkedModelSerializer, serializers.HyperlinkedModelSerializer):
    parent_lookup_kwargs = {"project_pk": "project__pk"}

    class Meta:
        model = Task
        fields = ("url", "title")
        extra_kwargs = {"url": {"view_name": "linked-detail"}}


class OfProject(NestedViewSetMixin):
    parent_lookup_kwargs = {"project_pk": "project__pk"}

    def perform_create(self, serializer: Any) -> None:
        serializer.save(project_id=int(self.kwargs["project_pk"]))


class Listed(NestedViewSetMixin):
    """Takes one object, or a list of them."""

    parent_lookup_kwargs = {"project_pk": "project__pk"}

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("data"), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)


class PlainViewSet(ModelViewSet):
    """Without the mixin, as the package's README has it."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(project=self.kwargs["project_pk"])

    def perform_create(self, serializer: Any) -> None:
        serializer.save(project_id=int(self.kwargs["project_pk"]))


class BySlugViewSet(ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(project__slug=self.kwargs["project_slug"])


outer = nested.SimpleRouter()
outer.register("projects", viewset(ProjectSerializer))
outer.register("slugs", viewset(ProjectSerializer, lookup_field="slug"), basename="slug")
inner = nested.NestedSimpleRouter(outer, "projects", lookup="project")
inner.register("tasks", viewset(TaskSerializer, OfProject), basename="task")
inner.register("choosing", viewset(ChoosingSerializer, Listed), basename="choosing")
inner.register("plain", PlainViewSet, basename="plain")
inner.register("linked", viewset(LinkedSerializer, OfProject), basename="linked")
slugs = nested.NestedSimpleRouter(outer, "slugs", lookup="project")
slugs.register("tasks", BySlugViewSet, basename="slug-task")
urlpatterns = [*outer.urls, *inner.urls, *slugs.urls]


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="p", slug="1234567890123456789012")


@pytest.mark.parametrize("kind", ["tasks", "choosing", "plain"])
def test_a_task_is_created_changed_and_listed_in_its_project(ada, project, kind):
    other = Project.objects.create(name="q", slug="q")
    where = f"/projects/{project.pk}/{kind}/"

    created = ada.post(where, {"title": "t"})
    task = f"{where}{created.json()['id']}/"

    assert created.status_code == 201, created.content
    assert Task.objects.get().project == project
    assert ada.put(task, {**created.json(), "title": "u"}).status_code == 200
    assert ada.patch(task, {"title": "v"}).json()["title"] == "v"
    assert [each["title"] for each in ada.get(where).json()["results"]] == ["v"]
    assert ada.get(task.replace(f"/{project.pk}/", f"/{other.pk}/", 1)).status_code == 404
    assert ada.delete(task).status_code == 204


def test_a_list_of_tasks_is_created_in_its_project(ada, project):
    response = ada.post(f"/projects/{project.pk}/choosing/", [{"title": "a"}, {"title": "b"}])

    assert response.status_code == 201, response.content
    assert {task.project for task in Task.objects.all()} == {project}


@pytest.mark.parametrize("kind", ["tasks", "choosing"])
def test_a_body_that_names_another_project_is_400(ada, project, kind):
    other = Project.objects.create(name="q", slug="q")

    response = ada.post(f"/projects/{project.pk}/{kind}/", {"title": "t", "project": other.pk})

    assert (response.status_code, response.json()) == (400, {"project": ["This field cannot be changed."]})
    assert not Task.objects.exists()


@pytest.mark.parametrize("kind", ["tasks", "choosing"])
@pytest.mark.parametrize("body", [b"{", b"5", b"null", b'"x"', b"[1]", b"[[]]", b"true", b""])
@pytest.mark.parametrize("method", ["post", "put"])
def test_a_body_that_is_not_an_object_is_400(ada, project, kind, body, method):
    task = Task.objects.create(project=project, title="t")
    where = f"/projects/{project.pk}/{kind}/" + (f"{task.pk}/" if method == "put" else "")

    assert ada.send(method, where, body).status_code == 400


def test_an_unknown_field_is_400_as_everywhere(ada, project):
    response = ada.post(f"/projects/{project.pk}/tasks/", {"title": "t", "bogus": 1})

    assert (response.status_code, list(response.json())) == (400, ["bogus"])


@pytest.mark.parametrize("kind", ["tasks", "plain"])
def test_a_second_task_of_that_title_is_409(ada, project, kind):
    ada.post(f"/projects/{project.pk}/{kind}/", {"title": "t"})

    response = ada.post(f"/projects/{project.pk}/{kind}/", {"title": "t"})

    assert (response.status_code, response.json()) == (409, {"title": ["Twice."]})


@pytest.mark.parametrize("key", ["9999999999999999999", "99"])
@pytest.mark.parametrize("kind", ["tasks", "choosing", "plain"])
def test_a_project_that_is_not_there_is_an_error_of_the_client(ada, kind, key):
    assert ada.get(f"/projects/{key}/{kind}/").status_code in (200, 404)
    assert ada.get(f"/projects/{key}/{kind}/1/").status_code == 404


@pytest.mark.parametrize("key", ["9999999999999999999", "99"])
def test_a_task_of_a_project_that_is_not_there_is_400(ada, key):
    response = ada.post(f"/projects/{key}/choosing/", {"title": "t"})

    assert (response.status_code, list(response.json())) == (400, ["project"])


def test_a_parent_may_be_named_by_a_slug_of_digits(ada, project):
    Task.objects.create(project=project, title="t")

    assert [each["title"] for each in ada.get(f"/slugs/{project.slug}/tasks/").json()["results"]] == ["t"]


def test_nested_hyperlinks_lead_to_their_objects(ada, project):
    task = Task.objects.create(project=project, title="t")

    shown = ada.get(f"/projects/{project.pk}/linked/").json()["results"]

    assert shown == [{"url": f"http://testserver/projects/{project.pk}/linked/{task.pk}/", "title": "t"}]
    assert ada.get(shown[0]["url"]).json() == shown[0]


def test_the_checks_accept_nested_routes(db):
    assert checked(urlpatterns) == []
