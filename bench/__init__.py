"""Compare a rendered project with stock DRF, a plain Django view and django-ninja: `make bench`."""
