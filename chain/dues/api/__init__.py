"""JSON resources of dues."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
