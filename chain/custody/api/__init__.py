"""JSON resources of custody."""

from chain.custody.api import dispatches, movements, places, stock  # noqa: F401 - they register their routes
from chain.custody.api.parts import blueprint

blueprints = [blueprint]
