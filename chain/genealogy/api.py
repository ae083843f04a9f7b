"""JSON resources of genealogy."""

from chain.web.api import ApiBlueprint

blueprint = ApiBlueprint(
    "genealogy",
    __name__,
    url="/genealogy",
    description="Merging, splitting, sorting and processing lots; recipes; trace.",
)
blueprints = [blueprint]
