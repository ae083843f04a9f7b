"""JSON resources of accounts."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
