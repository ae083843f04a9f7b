"""JSON resources of market."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
