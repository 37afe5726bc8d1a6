"""The WSGI application that gunicorn serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from hardening.wsgi import get_wsgi_application  # DRF reads the settings when it is imported

application = get_wsgi_application()
