from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("shapes/", include("shapes.urls")), path("admin/", admin.site.urls)]
