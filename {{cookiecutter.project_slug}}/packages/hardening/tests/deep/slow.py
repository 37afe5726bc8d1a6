"""A view whose statement takes longer than a request may."""

from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.views import APIView


class SlowView(APIView):
    """Sleep in the database."""

    def get(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
        return Response()
