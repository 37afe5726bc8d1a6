from rest_framework.routers import SimpleRouter

from purchases import views

router = SimpleRouter()
router.register("locations", views.LocationViewSet)
router.register("contacts", views.ContactViewSet)
router.register("purchases", views.PurchaseViewSet)

urlpatterns = router.urls
