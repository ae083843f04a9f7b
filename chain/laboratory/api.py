"""JSON resources of laboratory."""

from chain.web.api import ApiBlueprint

blueprint = ApiBlueprint(
    "laboratory",
    __name__,
    url="/laboratory",
    description="Instruments, samples, measurements and second opinions.",
)
blueprints = [blueprint]
