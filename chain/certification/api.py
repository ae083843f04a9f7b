"""JSON resources of certification."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
