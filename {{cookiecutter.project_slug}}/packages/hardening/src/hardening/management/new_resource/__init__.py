"""The parts of `manage.py startresource`, which writes the files of a new resource."""
