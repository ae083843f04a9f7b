"""JSON resources of matching."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
