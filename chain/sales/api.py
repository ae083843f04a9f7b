"""JSON resources of sales."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
