"""JSON resources of settlement."""

from chain.web.api import ApiBlueprint

blueprints: list[ApiBlueprint] = []
