"""What organisations write themselves, as the same words as the files of the norms: rows of a form in, a checked scheme out. Pure."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from chain.core.i18n import N_
from chain.grading.scheme import (
    ALPACA_FIBRE,
    LLAMA_CARCASS,
    LLAMA_FIBRE,
    RAW_MILK,
    ColourScheme,
    Kind,
    LimitScheme,
    MicronScheme,
    Names,
    Scheme,
)
from chain.grading.scheme_files import FOLDER, all_schemes, colour_lists, get_scheme, read_yaml
from chain.grading.scheme_reader import SchemeFileError, read_document

MAX_ROWS = 60
MAX_TEXT = 500
MAX_DOCUMENT = 60_000
MAX_MICRON = Decimal(200)
#: The scheme and edition of a document that is only looked at.
DRAFT = ("draft", "1")

#: What an organisation may write, and for which products.
OWN_KINDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.MICRON: (ALPACA_FIBRE, LLAMA_FIBRE),
    Kind.LIMITS: (RAW_MILK,),
    Kind.CARCASS: (LLAMA_CARCASS,),
    Kind.COLOURS: (ALPACA_FIBRE, LLAMA_FIBRE),
}
KIND_LABELS: Mapping[Kind, str] = {
    Kind.MICRON: N_("Fibre classes by micron"),
    Kind.LIMITS: N_("Limits for milk"),
    Kind.CARCASS: N_("Class names for carcasses"),
    Kind.COLOURS: N_("Colour list"),
}
#: Where the rows of a kind stand in its document.
LIST_OF: Mapping[Kind, str] = {
    Kind.MICRON: "classes",
    Kind.LIMITS: "parameters",
    Kind.CARCASS: "classes",
    Kind.COLOURS: "colours",
}

KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
BAD_KEY = N_("“%(found)s” is no key: use small letters without accents, digits and _")
TWICE = N_("“%(found)s” stands here twice")
TOO_LONG = N_("longer than %(limit)s characters")
TOO_MANY = N_("more than %(limit)s rows")
NO_ROWS = N_("Fill in at least one row.")
NOT_OWN_KIND = N_("this kind cannot be written by an organisation")
NOT_FOR = N_("this kind is not for that product")
NOT_PLAIN = N_("holds something that cannot be kept, such as a date without quotes")
MICRON_RANGE = N_("%(limit)s microns cannot be right: at most %(most)s")
UNKNOWN_STANDARD = N_("“%(found)s” is no colour of the standard list")
UNKNOWN_CLASS = N_("“%(found)s” is no norm or class that the organisation sees")
NOT_CHECKABLE = N_("a number here is too large to be checked")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the rows."""

    kind: Kind
    commodity: str
    label: Names
    #: where the classes come from, in the organisation's own words
    ground: str


def standard_colours() -> Mapping[str, Names]:
    """Return the colours that own entries may stand for, by the key that lots keep."""
    return {one.key: one.names for one in colour_lists()[0].colours}


def known_parameters() -> Mapping[str, Mapping[str, Any]]:
    """Return the parameters that the milk norms know, by key, as words of a document without limits."""
    found: dict[str, dict[str, Any]] = {}
    for scheme in all_schemes():
        if not isinstance(scheme, LimitScheme):
            continue
        for one in scheme.parameters:
            if one.kind == "numeric" and one.key not in found:
                found[one.key] = {
                    "key": one.key,
                    "names": dict(one.names),
                    "kind": one.kind,
                    "unit": one.unit,
                    "confidence": {},
                }
    return found


def slug(text: str) -> str:
    """Return a key for a name: Súper Baby → super_baby."""
    plain = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_")[:40]


def document_of_rows(
    head: Head, rows: Sequence[Mapping[str, str]], base: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the words of a scheme for the rows of a form.

    A row that the scheme it was copied from has too, with the same figures, keeps what is known of it there; what the
    organisation wrote or changed is its own word: confirmed.
    """
    base = base if base is not None and base.get("kind") == head.kind.value else {}
    name = LIST_OF[head.kind]
    earlier = {one.get("key"): one for one in base.get(name, ())}
    made = [_ROWS[head.kind](row, earlier, place) for place, row in enumerate(rows, 1)]
    document: dict[str, Any] = {
        **{key: value for key, value in base.items() if key not in {"enabled_by_default", "notes"}},
        "scheme": DRAFT[0],
        "edition": DRAFT[1],
        "kind": head.kind.value,
        "commodity": head.commodity,
        "label": dict(head.label),
        "status": "confirmed",
        "sources": [
            {"id": "own", "what": head.ground, "url": None, "status": "confirmed"},
            *(one for one in base.get("sources", ()) if one.get("id") != "own"),
        ],
        "rounding": base.get("rounding") or _ROUNDING[head.kind],
        name: made,
    }
    if head.kind is Kind.MICRON and any(one["min_length_mm"]["value"] for one in made):
        document.setdefault("length_check", {"action": "warn"})
    if head.kind is Kind.CARCASS:
        document.setdefault("parameters", [])
    return document


_HALF_UP = {"decimals": 1, "mode": "half-up", "status": "confirmed"}
_ROUNDING: Mapping[Kind, Mapping[str, Any]] = {
    Kind.MICRON: _HALF_UP,
    Kind.LIMITS: {"applies": False},
    Kind.CARCASS: {"applies": False},
    Kind.COLOURS: {"applies": False},
}


def _names(row: Mapping[str, str]) -> dict[str, str]:
    spanish = row.get("name_es", "") or row.get("name_en", "")
    return {"es": spanish, "en": row.get("name_en", "") or spanish}


def number_words(typed: str) -> str | None:
    """Return a typed number as a document keeps it, with a point; None for a blank."""
    return typed.strip().replace(",", ".") or None


def _micron_row(row: Mapping[str, str], earlier: Mapping[Any, Any], _place: int) -> dict[str, Any]:
    names = _names(row)
    key = row.get("key", "").strip() or slug(names["es"])
    upper = number_words(row.get("upper", ""))
    length = row.get("length", "").strip()
    before = earlier.get(key, {})
    length_before = before.get("min_length_mm", {})
    millimetres: Any = int(length) if re.fullmatch(r"[0-9]{1,4}", length) else (length or None)
    is_same = "upper_micron" in before and _same(before["upper_micron"], upper)
    is_same_length = bool(length_before) and length_before.get("value") == millimetres
    return {
        **before,
        "key": key,
        "names": names,
        "upper_micron": upper,
        "printed": before["printed"] if is_same else (f"≤ {upper}" if upper else "…"),
        "status": before["status"] if is_same else "confirmed",
        "min_length_mm": length_before
        if is_same_length
        else {"value": millimetres, "status": "confirmed" if millimetres is not None else "not_known"},
    }


def _same(one: str | None, other: str | None) -> bool:
    """Whether two written numbers are equal: 23 and 23.0."""
    try:
        return one == other or (one is not None and other is not None and Decimal(one) == Decimal(other))
    except InvalidOperation:
        return False


def _limit_row(row: Mapping[str, str], earlier: Mapping[Any, Any], _place: int) -> dict[str, Any]:
    key = row.get("key", "").strip()
    before = earlier.get(key, {})
    made = {**(known_parameters().get(key) or {"key": key, "names": {"es": key, "en": key}}), **before}
    known = dict(made.get("confidence") or {})
    for name, typed in (("min", row.get("minimum", "")), ("max", row.get("maximum", ""))):
        limit = number_words(typed)
        if limit is None:
            known.pop(name, None)
        elif not _same(before.get(name), limit) or name not in known:
            known[name] = "confirmed"
        made[name] = limit
    return {
        **made,
        "kind": made.get("kind", "numeric"),
        "max_inclusive": row.get("exclusive", "") == "",
        "needed_for_record": row.get("needed", "") != "",
        "confidence": known,
    }


def _carcass_row(row: Mapping[str, str], earlier: Mapping[Any, Any], _place: int) -> dict[str, Any]:
    names = _names(row)
    key = row.get("key", "").strip() or slug(names["es"])
    return {"status": "confirmed", **earlier.get(key, {}), "key": key, "names": names}


def _colour_row(row: Mapping[str, str], _earlier: Mapping[Any, Any], place: int) -> dict[str, Any]:
    code, standard = row.get("code", "").strip(), row.get("stands_for", "").strip()
    family = {one.key: one.family for one in colour_lists()[0].colours}
    return {
        "key": slug(code),
        "letters": code,
        "number": place,
        "names": _names(row) if row.get("name_es", "").strip() else {"es": code, "en": code},
        "family": family.get(standard, standard),
        "status": "confirmed",
        "stands_for": standard,
    }


_ROWS = {
    Kind.MICRON: _micron_row,
    Kind.LIMITS: _limit_row,
    Kind.CARCASS: _carcass_row,
    Kind.COLOURS: _colour_row,
}


def rows_of_document(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of the form for a document, for copying and changing."""
    kind = Kind(document["kind"])
    return [_SHOWN[kind](one) for one in document.get(LIST_OF[kind], ())]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _names_shown(one: Mapping[str, Any]) -> dict[str, str]:
    return {"name_es": one["names"]["es"], "name_en": one["names"]["en"]}


_SHOWN = {
    Kind.MICRON: lambda one: {
        "key": one["key"],
        **_names_shown(one),
        "upper": _text(one.get("upper_micron")),
        "length": _text(one["min_length_mm"].get("value")),
    },
    Kind.LIMITS: lambda one: {
        "key": one["key"],
        "minimum": _text(one.get("min")),
        "maximum": _text(one.get("max")),
        "exclusive": "" if one.get("max_inclusive", True) else "1",
        "needed": "1" if one.get("needed_for_record") else "",
    },
    Kind.CARCASS: lambda one: {"key": one["key"], **_names_shown(one)},
    Kind.COLOURS: lambda one: {
        "code": one["letters"],
        **_names_shown(one),
        "stands_for": _text(one.get("stands_for") or one["key"]),
    },
}


def check_document(document: Any, *, name: str = "document") -> Scheme:
    """Check a document by the reader of the norms, and by what is asked of organisations beside it.

    Raises:
        SchemeFileError: naming the path of the first bad value.
    """
    check_plain(document, name)
    try:
        scheme = read_document(name, document)
        _check_own(scheme, name)
    except (InvalidOperation, OverflowError) as problem:
        raise SchemeFileError(name, "", NOT_CHECKABLE) from problem
    return scheme


def check_plain(document: Any, name: str) -> None:
    """Refuse what JSON cannot keep, and what is too long."""
    try:
        size = len(json.dumps(document, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as problem:
        raise SchemeFileError(name, "", NOT_PLAIN) from problem
    if size > MAX_DOCUMENT:
        raise SchemeFileError(name, "", TOO_LONG, limit=MAX_DOCUMENT)

    def walk(value: Any, path: str) -> None:
        if isinstance(value, str) and (len(value) > MAX_TEXT or "\x00" in value):
            raise SchemeFileError(name, path, TOO_LONG, limit=MAX_TEXT)
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}.{key}".lstrip("."))
        if isinstance(value, list):
            for place, inner in enumerate(value):
                walk(inner, f"{path}[{place}]")

    walk(document, "")


def _check_own(scheme: Scheme, name: str) -> None:
    if scheme.kind not in OWN_KINDS:
        raise SchemeFileError(name, "kind", NOT_OWN_KIND)
    if scheme.commodity not in OWN_KINDS[scheme.kind]:
        raise SchemeFileError(name, "commodity", NOT_FOR)
    where = LIST_OF[scheme.kind]
    rows: Sequence[Any] = getattr(scheme, where)
    if not rows:
        raise SchemeFileError(name, where, NO_ROWS)
    if len(rows) > MAX_ROWS:
        raise SchemeFileError(name, where, TOO_MANY, limit=MAX_ROWS)
    _check_keys(rows, where, name)
    if isinstance(scheme, MicronScheme):
        _check_microns(scheme, name)
    if isinstance(scheme, ColourScheme):
        _check_standard(scheme, name)


def _check_keys(rows: Sequence[Any], where: str, name: str) -> None:
    seen: set[str] = set()
    for place, one in enumerate(rows):
        if not KEY.fullmatch(one.key):
            raise SchemeFileError(name, f"{where}[{place}].key", BAD_KEY, found=one.key)
        if one.key in seen:
            raise SchemeFileError(name, f"{where}[{place}].key", TWICE, found=one.key)
        seen.add(one.key)


def _check_microns(scheme: MicronScheme, name: str) -> None:
    for place, one in enumerate(scheme.classes):
        if one.upper_micron is not None and one.upper_micron > MAX_MICRON:
            path = f"classes[{place}].upper_micron"
            raise SchemeFileError(name, path, MICRON_RANGE, limit=str(one.upper_micron), most=str(MAX_MICRON))


def _check_standard(scheme: ColourScheme, name: str) -> None:
    known = standard_colours()
    for place, one in enumerate(scheme.colours):
        if one.stands_for not in known:
            path = f"colours[{place}].stands_for"
            raise SchemeFileError(name, path, UNKNOWN_STANDARD, found=one.stands_for or "")


def document_of_norm(key: str, edition: str) -> dict[str, Any]:
    """Return the words of a scheme that comes with the program, for copying. Raises UnknownSchemeError."""
    scheme = get_scheme(key, edition)
    path = FOLDER / f"{scheme.key}-{scheme.edition}.yaml"
    found: dict[str, Any] = read_yaml(path.name, path.read_bytes())
    return found
