"""JSON resources of payout."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
