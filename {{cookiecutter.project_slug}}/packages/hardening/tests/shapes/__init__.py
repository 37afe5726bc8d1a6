"""Models, serializers and routes for the shapes that the apps do not need; there in tests only."""
