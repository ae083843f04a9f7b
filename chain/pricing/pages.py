"""What the pages of pricing share: the day at the centre, the page wanted, the lists to choose from."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flask import g, request

from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.i18n import name_in
from chain.core.paging import PageRequest
from chain.grading.own_documents import standard_colours
from chain.grading.queries import find_scheme, offered_schemes, scheme_in_force
from chain.grading.scheme import COMMODITIES, WITHOUT_CLASSES, Scheme, class_names_of
from chain.grading.scheme_files import UnknownSchemeError, all_schemes
from chain.laboratory.attributes import ATTRIBUTES, attributes_of
from chain.pricing.rules.checks import CONSTITUENTS
from chain.pricing.rules.explain import COLOURED, GROUP_NAMES, WHITE
from chain.web.formats import number_format, timezone_name
from chain.web.i18n import gettext


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def page_wanted() -> PageRequest:
    """Return the page that the address asks for."""
    return PageRequest(request.args.get("page", 1, int))


def typed_number(value: Decimal) -> str:
    """Return a number as people type it here."""
    text = f"{value.normalize():f}"
    return text.replace(".", ",") if number_format() == "BO" else text


def standard_groups() -> dict[str, tuple[str, ...]]:
    """Return the groups of colours that every price list may use."""
    others = tuple(one for one in standard_colours() if one != "white")
    return {WHITE: ("white",), COLOURED: others}


def class_schemes(commodity: str) -> list[Scheme]:
    """Return the grading schemes whose classes may be priced: own ones first."""
    found = [*offered_schemes(db.session, g.actor.org), *all_schemes()]
    return [
        one
        for one in found
        if one.commodity == commodity and one.kind not in WITHOUT_CLASSES and class_names_of(one)
    ]


def usual_scheme(commodity: str) -> str:
    """Return the grading scheme that is in force today as `key@edition`; nothing for a product without one."""
    if commodity not in COMMODITIES:
        return ""
    return scheme_in_force(db.session, g.actor.org, commodity, local_today()).id


def class_choices(grades_from: tuple[str, str] | None) -> Mapping[str, str]:
    """Return the classes of a scheme, best first, in the reader's language."""
    if grades_from is None:
        return {}
    try:
        names = class_names_of(find_scheme(db.session, *grades_from))
    except UnknownSchemeError:
        return {}
    return {key: str(name_in(one, g.language)) for key, one in names.items()}


def colour_choices(groups: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    """Return groups of colours, then each colour."""
    found = {key: gettext(GROUP_NAMES.get(key, key)) for key in groups}
    return found | {key: str(name_in(names, g.language)) for key, names in standard_colours().items()}


def parameter_choices(commodity: str) -> Mapping[str, str]:
    """Return the results that a premium may look at."""
    return {
        one.key: f"{gettext(one.label)}{f' ({one.unit})' if one.unit else ''}"
        for one in attributes_of(commodity)
        if one.is_number
    }


def constituent_choices() -> Mapping[str, str]:
    """Return what milk may be paid for."""
    return {key: gettext(ATTRIBUTES[key].label) for key in CONSTITUENTS}
