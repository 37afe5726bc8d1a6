"""The OpenAPI schema, and the views that show it."""
