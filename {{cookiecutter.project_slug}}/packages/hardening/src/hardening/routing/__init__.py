"""Read URLs for viewsets: patterns of primary keys, parents of nested routes, and filter parameters."""
