"""Bring rendered projects to another version of the template: `python -m update PROJECT`.

The code is part of the template, and a project's `make update` runs the newest one, so that a fix of it reaches
projects of any age. It needs git, and cookiecutter to render.
"""
