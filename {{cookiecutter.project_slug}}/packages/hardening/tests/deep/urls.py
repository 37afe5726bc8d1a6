from django.urls import include, path

from config.urls import urlpatterns as own
from deep.slow import SlowView

urlpatterns = [*own, path("shapes/", include("shapes.urls")), path("slow/", SlowView.as_view())]
