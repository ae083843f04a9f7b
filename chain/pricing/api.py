"""JSON resources of pricing."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
