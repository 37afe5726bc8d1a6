"""The serializer that `REST_AUTH` names in the settings; the views of the package read it when they are imported."""

from django.contrib.auth import get_user_model

from hardening import serializers


class DetailsSerializer(serializers.ModelSerializer):
    class Meta:
        model = get_user_model()
        fields = ("username",)
