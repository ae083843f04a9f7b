"""JSON resources of lots."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
