"""JSON resources of payin."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
