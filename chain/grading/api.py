"""JSON resources of grading."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
