"""JSON resources of negotiation."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
