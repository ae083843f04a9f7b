"""JSON resources of buyers."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
