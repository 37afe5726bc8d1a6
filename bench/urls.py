from config.urls import urlpatterns as own
from django.urls import include, path

from bench.stacks import axes, bare, modern_rest_api, ninja_api, plain, stock

urlpatterns = [
    *own,
    path("axes/", include(axes.router.urls)),
    path("level/", include(bare.level)),
    path("bare/", include(bare.bare)),
    path("stock/", include(stock.router.urls)),
    path("plain/", include(plain.urlpatterns)),
    path("ninja/", ninja_api.api.urls),
    modern_rest_api.router.to_urlpatterns(),
]
