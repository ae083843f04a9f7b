"""JSON resources of auctions."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
