"""JSON resources of income."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
