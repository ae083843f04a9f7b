"""JSON resources of producers."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
