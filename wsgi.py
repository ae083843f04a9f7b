"""The application for a WSGI server: `gunicorn wsgi:app`."""

from chain.app import create_app

app = create_app()
