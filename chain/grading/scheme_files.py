"""Reads `schemes/*.yaml`, one file per scheme and edition, into checked values. A bad file is named with the path in it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_CARCASS,
    LLAMA_FIBRE,
    RAW_MILK,
    ColourScheme,
    Kind,
    MicronScheme,
    Scheme,
)
from chain.grading.scheme_reader import KIND_READERS, Node, SchemeFileError

FOLDER = Path(__file__).parent / "schemes"
MAX_FILE_BYTES = 200_000

#: The edition that is meant when a person names only the scheme; every other scheme has its newest one.
DEFAULT_EDITIONS = {"ntp-231.301": "2014", "ntp-202.001": "2003"}

#: Scheme and edition of an organisation that has chosen none, by commodity and country ("" is any other country).
#: Peru's milk norm is unconfirmed throughout: its parameters are recorded, nothing is judged by them.
DEFAULT_SCHEMES = {
    ALPACA_FIBRE: {"": ("ntp-231.301", "2014")},
    LLAMA_FIBRE: {"": ("ntp-231.301", "2014")},
    RAW_MILK: {"": ("nb-33013", "undated"), "PE": ("ntp-202.001", "2003")},
    LLAMA_CARCASS: {"": ("ibnorca-camelid-carcass", "1997")},
}


class UnknownSchemeError(LookupError):
    """No file holds this scheme, or not in this edition; `known` lists what there is."""

    def __init__(self, key: str, edition: str | None, known: tuple[str, ...]) -> None:
        super().__init__(f"no scheme {key} in edition {edition}; known: {', '.join(known)}")
        self.key = key
        self.edition = edition
        self.known = known


def known_scheme_ids() -> tuple[str, ...]:
    """Every `scheme@edition` there is, from the file names alone (no file is opened)."""
    return tuple(sorted("@".join(path.stem.rsplit("-", 1)) for path in FOLDER.glob("*.yaml")))


def default_edition(key: str) -> str:
    """Return the edition that is meant when only the scheme is named."""
    editions = [known.partition("@")[2] for known in known_scheme_ids() if known.partition("@")[0] == key]
    if not editions:
        raise UnknownSchemeError(key, None, known_scheme_ids())
    return DEFAULT_EDITIONS.get(key, max(editions))


def get_scheme(key: str, edition: str | None = None) -> Scheme:
    """Return one scheme; without an edition its default one. Raises UnknownSchemeError."""
    wanted = edition or default_edition(key)
    if f"{key}@{wanted}" not in known_scheme_ids():
        raise UnknownSchemeError(key, wanted, known_scheme_ids())
    return _load(FOLDER / f"{key}-{wanted}.yaml")


@cache
def all_schemes() -> tuple[Scheme, ...]:
    """Return every scheme, in the order of commodity, key and edition. Reading them all is the check at start-up."""
    found = [get_scheme(*known.split("@")) for known in known_scheme_ids()]
    return tuple(sorted(found, key=lambda one: (COMMODITIES.index(one.commodity), one.key, one.edition)))


def is_by_analogy(scheme: Scheme, commodity: str) -> bool:
    """Whether the scheme was written for alpaca and is used for llama fibre."""
    return commodity == LLAMA_FIBRE and scheme.commodity == ALPACA_FIBRE


def fits_commodity(scheme: Scheme, commodity: str) -> bool:
    """Whether lots of the commodity may be classed by the scheme. Llama fibre borrows the micron ladders of alpaca."""
    return scheme.commodity == commodity or (
        is_by_analogy(scheme, commodity) and isinstance(scheme, MicronScheme)
    )


def schemes_for(commodity: str) -> tuple[Scheme, ...]:
    """Return the schemes that may class the commodity; colour lists are no classes (see `colour_lists`)."""
    return tuple(
        one for one in all_schemes() if fits_commodity(one, commodity) and one.kind is not Kind.COLOURS
    )


def choosable_schemes(commodity: str) -> tuple[Scheme, ...]:
    """Return the schemes that an organisation may choose for its lots: those that a lot's measurements can be held to."""
    return tuple(one for one in schemes_for(commodity) if one.kind is not Kind.FLEECE)


def colour_lists() -> tuple[ColourScheme, ...]:
    """Return the published colour lists."""
    return tuple(one for one in all_schemes() if isinstance(one, ColourScheme))


def default_scheme(commodity: str, country: str | None = None) -> Scheme:
    """Return the scheme of an organisation that has chosen none; `country` is an ISO code such as "BO"."""
    by_country = DEFAULT_SCHEMES[commodity]
    return get_scheme(*by_country.get(country or "", by_country[""]))


@cache
def _load(path: Path) -> Scheme:
    return read_scheme(path.name, path.read_bytes())


def read_scheme(file_name: str, content: bytes) -> Scheme:
    """Read one scheme file. Raises SchemeFileError naming the file and the path of the first bad value."""

    def refuse(path: str, problem: str) -> NoReturn:
        raise SchemeFileError(file_name, path, problem)

    if len(content) > MAX_FILE_BYTES:
        refuse("", f"the file is larger than {MAX_FILE_BYTES} bytes")
    try:
        loaded: Any = yaml.load(content, Loader=_loader())  # noqa: S506 — always one of the two safe loaders
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise SchemeFileError(file_name, "", f"not readable as YAML: {problem}") from problem
    node = Node(file_name, "", loaded)
    scheme = _reader_for(node)(node)
    if file_name != f"{scheme.key}-{scheme.edition}.yaml":
        refuse("scheme", f"the file must be called {scheme.key}-{scheme.edition}.yaml")
    return scheme


def _reader_for(node: Node) -> Callable[[Node], Scheme]:
    return KIND_READERS[node.choice("kind", Kind)]


def _loader() -> type[yaml.SafeLoader] | type[yaml.CSafeLoader]:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
