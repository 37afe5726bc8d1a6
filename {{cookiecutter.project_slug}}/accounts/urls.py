from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts import views

router = SimpleRouter()
router.register("accounts", views.RegistrationViewSet, basename="account")
router.register("profiles", views.ProfileViewSet)

own_account = views.AccountViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, detail=True, basename="account"
)

urlpatterns = [
    path("accounts/me/", own_account, name="account-me"),
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/logout-all/", views.LogoutAllView.as_view(), name="logout-all"),
    path("auth/password-reset/", views.PasswordResetView.as_view(), name="password-reset"),
    path("auth/password-reset/confirm/", views.PasswordResetConfirmView.as_view(), name="password-reset-confirm"),
    *router.urls,
]
