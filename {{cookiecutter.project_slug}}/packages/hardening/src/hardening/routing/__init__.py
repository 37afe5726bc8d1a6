"""The parts of a URL that a viewset reads: primary keys, the keys of parents, and filter parameters."""
