"""JSON resources of custody."""

from chain.web.api import ApiBlueprint

blueprint = ApiBlueprint(
    "custody",
    __name__,
    url="/custody",
    description="Sites, stock, holds, containers, tanks, gate and dispatches.",
)
blueprints = [blueprint]
