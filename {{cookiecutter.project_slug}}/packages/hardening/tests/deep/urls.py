from django.urls import include, path

from config.urls import urlpatterns as own

urlpatterns = [*own, path("shapes/", include("shapes.urls"))]
