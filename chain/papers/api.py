"""JSON resources of papers."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
