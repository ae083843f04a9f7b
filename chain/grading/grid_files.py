"""Finds the price grids that come with the program: `price_grids/*.yaml`, one file per grid and edition."""

from functools import cache
from pathlib import Path

import yaml

from chain.core.i18n import N_
from chain.grading.node import SchemeFileError
from chain.grading.pricing import PriceGrid, read_grid

FOLDER = Path(__file__).parent / "price_grids"
WRONG_NAME = N_("the file must be called %(name)s")


class UnknownGridError(LookupError):
    """There is no such price grid; `known` lists what there is."""

    def __init__(self, key: str, edition: str | None, known: tuple[str, ...]) -> None:
        super().__init__(f"no price grid {key} in edition {edition}; known: {', '.join(known)}")
        self.key = key
        self.edition = edition
        self.known = known


@cache
def published_grids() -> tuple[PriceGrid, ...]:
    """Return every grid that comes with the program, by key and edition. Reading them all is the check at start-up."""
    return tuple(
        sorted((_read(path) for path in FOLDER.glob("*.yaml")), key=lambda one: (one.key, one.edition))
    )


def _read(path: Path) -> PriceGrid:
    grid = read_grid(yaml.safe_load(path.read_bytes()), name=path.name)
    wanted = f"{grid.key}-{grid.edition}.yaml"
    if path.name != wanted:
        raise SchemeFileError(path.name, "scheme", WRONG_NAME, name=wanted)
    return grid


def get_grid(key: str, edition: str | None = None) -> PriceGrid:
    """Return a published grid; without an edition the newest. Raises UnknownGridError."""
    fitting = [one for one in published_grids() if one.key == key and edition in {None, one.edition}]
    if not fitting:
        raise UnknownGridError(key, edition, tuple(one.id for one in published_grids()))
    return fitting[-1]
