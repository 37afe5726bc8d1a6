"""The rendered project measured beside stock DRF, a plain Django view and django-ninja: `make bench`."""
