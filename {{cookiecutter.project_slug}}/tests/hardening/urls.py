from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("shapes/", include("tests.hardening.shapes.urls")), path("admin/", admin.site.urls)]
