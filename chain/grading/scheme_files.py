"""Finds schemes: `schemes/*.yaml`, one file per scheme and edition, and those that organisations wrote themselves.

A bad file is named with the path in it. Own schemes stand in the database, which this module does not know: the
composition root hands in where they come from (`use_own_schemes`).
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Protocol
from uuid import UUID

import yaml

from chain.core.i18n import N_
from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_CARCASS,
    LLAMA_FIBRE,
    RAW_MILK,
    WITHOUT_CLASSES,
    ColourScheme,
    Kind,
    MicronScheme,
    Scheme,
)
from chain.grading.scheme_reader import SchemeFileError, read_document

FOLDER = Path(__file__).parent / "schemes"
MAX_FILE_BYTES = 200_000
MAX_DEPTH = 12
#: Own schemes that a process remembers.
MAX_KEPT = 500
#: An edition is a year, a day or the word undated.
_FILE_NAME = re.compile(r"(.+?)-(undated|[0-9]{4}(?:-[0-9]{2}-[0-9]{2})?)")

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


NESTED_TOO_DEEP = N_("the file is nested too deeply")
HAS_ALIASES = N_("the file uses references (& and *), which are not read here")
NOT_YAML = N_("not readable as YAML: %(fault)s")
TOO_LARGE = N_("the file is larger than %(limit)s bytes")
WRONG_NAME = N_("the file must be called %(name)s")


class OwnSchemes(Protocol):
    """Where schemes that organisations wrote come from."""

    def find(self, key: str, edition: str | None) -> Scheme | None:
        """Return one of them, without an edition the newest one; None when there is none."""

    def offered_to(self, organisation_id: UUID) -> Sequence[Scheme]:
        """Return what an organisation may choose: its own ones and those that others share."""


class _Source:
    """The one place that is set at start-up, and the own schemes that were found: a saved document never changes."""

    own: OwnSchemes | None = None
    kept: ClassVar[dict[tuple[str, str], Scheme]] = {}


def keep_own(scheme: Scheme) -> Scheme:
    """Remember an own scheme for the life of the process."""
    if len(_Source.kept) >= MAX_KEPT:
        _Source.kept.clear()
    _Source.kept[scheme.key, scheme.edition] = scheme
    return scheme


def kept_own(key: str, edition: str | None) -> Scheme | None:
    """Return an own scheme that was found before."""
    return _Source.kept.get((key, edition)) if edition is not None else None


def use_own_schemes(source: OwnSchemes | None) -> None:
    """Look up own schemes here from now on; every application of a process sets the same."""
    _Source.own = source


class UnknownSchemeError(LookupError):
    """No file and no organisation holds this scheme, or not in this edition; `known` lists the files."""

    def __init__(self, key: str, edition: str | None, known: tuple[str, ...]) -> None:
        super().__init__(f"no scheme {key} in edition {edition}; known: {', '.join(known)}")
        self.key = key
        self.edition = edition
        self.known = known


@cache
def known_scheme_ids() -> tuple[str, ...]:
    """Every `scheme@edition` there is, from the file names alone (no file is opened)."""
    return tuple(sorted(_id_of(path.stem) for path in FOLDER.glob("*.yaml")))


def _id_of(stem: str) -> str:
    """Return `scheme@edition` for the name of a file. ntp-231.301-2014, aafl-2005-10-01, us-common-undated."""
    found = _FILE_NAME.fullmatch(stem)
    return "@".join(found.groups()) if found else f"{stem}@"


def default_edition(key: str) -> str:
    """Return the edition that is meant when only the scheme is named."""
    editions = [known.partition("@")[2] for known in known_scheme_ids() if known.partition("@")[0] == key]
    if not editions:
        raise UnknownSchemeError(key, None, known_scheme_ids())
    return DEFAULT_EDITIONS.get(key, max(editions))


@cache
def _shipped() -> frozenset[str]:
    return frozenset(known.partition("@")[0] for known in known_scheme_ids())


def is_shipped(key: str) -> bool:
    """Whether a scheme comes with the program, in whatever edition."""
    return key in _shipped()


def get_scheme(key: str, edition: str | None = None) -> Scheme:
    """Return one scheme; without an edition its default one. Raises UnknownSchemeError.

    Saved schemes never change, so that answers may be kept for the life of the process. Who may see or choose an own
    scheme is decided in `queries`, not here: whoever sees a lot may read what its class is called.
    """
    if not is_shipped(key):
        found = kept_own(key, edition)
        if found is None and _Source.own is not None:
            found = _Source.own.find(key, edition)
        if found is None:
            raise UnknownSchemeError(key, edition, known_scheme_ids())
        return found
    wanted = edition or default_edition(key)
    if f"{key}@{wanted}" not in known_scheme_ids():
        raise UnknownSchemeError(key, wanted, known_scheme_ids())
    return _load(FOLDER / f"{key}-{wanted}.yaml")


@cache
def all_schemes() -> tuple[Scheme, ...]:
    """Return every scheme of the program, by commodity, key and edition. Reading them all is the check at start-up."""
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
        one for one in all_schemes() if fits_commodity(one, commodity) and one.kind not in WITHOUT_CLASSES
    )


def choosable_schemes(commodity: str, organisation_id: UUID | None = None) -> tuple[Scheme, ...]:
    """Return the schemes that an organisation may choose for its lots: those that a lot's measurements can be held to.

    Norms first, then its own ones and those that others share.
    """
    norms = tuple(one for one in schemes_for(commodity) if one.kind is not Kind.FLEECE)
    if organisation_id is None or _Source.own is None:
        return norms
    own = _Source.own.offered_to(organisation_id)
    return (*norms, *(one for one in own if can_class(one, commodity)))


def can_class(scheme: Scheme, commodity: str) -> bool:
    """Whether an organisation may choose the scheme for its lots of the commodity."""
    return fits_commodity(scheme, commodity) and scheme.kind not in {*WITHOUT_CLASSES, Kind.FLEECE}


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
    scheme = read_document(file_name, read_yaml(file_name, content))
    if file_name != f"{scheme.key}-{scheme.edition}.yaml":
        raise SchemeFileError(file_name, "scheme", WRONG_NAME, name=f"{scheme.key}-{scheme.edition}.yaml")
    return scheme


def read_yaml(file_name: str, content: bytes) -> Any:
    """Parse a file that may come from a stranger: bounded, no objects, no references that could grow without end.

    Raises:
        SchemeFileError: it is too large, nested too deeply or no YAML.
    """

    def refuse(problem: str, **params: object) -> NoReturn:
        raise SchemeFileError(file_name, "", problem, **params)

    if len(content) > MAX_FILE_BYTES:
        refuse(TOO_LARGE, limit=MAX_FILE_BYTES)
    try:
        text = content.decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, Loader=_loader()):
            if isinstance(event, yaml.AliasEvent):
                refuse(HAS_ALIASES)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                refuse(NESTED_TOO_DEEP)
        return yaml.load(text, Loader=_loader())  # noqa: S506 — as above
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as problem:
        if isinstance(problem, SchemeFileError):
            raise
        raise SchemeFileError(file_name, "", NOT_YAML, fault=_first_line(problem)) from problem


def _first_line(problem: Exception) -> str:
    """Return what is wrong and where, without the excerpt that YAML adds."""
    mark = getattr(problem, "problem_mark", None)
    words = getattr(problem, "problem", None) or str(problem).partition("\n")[0]
    return str(words) if mark is None else f"{words} ({mark.line + 1}:{mark.column + 1})"


def _loader() -> type[yaml.SafeLoader] | type[yaml.CSafeLoader]:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
