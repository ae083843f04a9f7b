"""JSON resources of portal."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
