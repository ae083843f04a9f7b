"""JSON resources of prices."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
