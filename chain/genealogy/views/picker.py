"""Choosing lots for an operation: by a filter in the address, by ticking, by scanning or typing their numbers.

The form that follows carries the chosen lots, or the filter with what it found when it was seen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.db import db
from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.quantity import Unit
from chain.genealogy.mix import Mix, mixed
from chain.genealogy.queries.pages import (
    MAX_FILTERED,
    MAX_OFFERED,
    Found,
    available_commodities,
    filtered_ids,
    found_by,
    lots_among,
    offered_lots,
    sites_in_use,
)
from chain.genealogy.services.opening import mix_of
from chain.genealogy.views.parts import id_of, scanned_ids, ticked_ids
from chain.lots.attributes import COLOURS
from chain.lots.filters import Availability, BoardFilters
from chain.lots.labels import colour_name
from chain.lots.models import Lot
from chain.lots.products import PRODUCT_LABELS
from chain.lots.stock import check_available
from chain.web.i18n import gettext

FILTERED = "filter"
NAMES = ("commodity", "text", "colour", "claim", "place")
CHANGED = N_("The lots of the filter changed meanwhile. Look at them again.")
TOO_MANY = N_("The filter finds more than %(limit)s lots. Narrow it.")
NONE_CHOSEN = N_("Choose at least one lot.")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The lots of an operation, as far as they are chosen."""

    lots: Sequence[Lot]
    #: the filter stands for them; its parameters are carried instead of each lot
    is_filtered: bool = False
    seen: str = ""
    problems: Sequence[Message] = field(default_factory=tuple)

    @property
    def ids(self) -> tuple[UUID, ...]:
        """The ids of the lots."""
        return tuple(lot.id for lot in self.lots)

    @property
    def quantities(self) -> Mapping[str, int]:
        """How much it is, by unit."""
        return {
            unit.value: total
            for unit in Unit
            if (total := sum(lot.quantity for lot in self.lots if lot.unit == unit))
        }

    @property
    def mix(self) -> Mix | None:
        """What all of it together is a mixture of; nothing for several products or units."""
        if not self.lots or len({(lot.commodity, lot.unit) for lot in self.lots}) > 1:
            return None
        return mixed([mix_of(lot) for lot in self.lots])

    @property
    def told(self) -> Sequence[Message]:
        """The problems, but for nothing being chosen yet."""
        return [one for one in self.problems if one.msgid != NONE_CHOSEN]

    @property
    def sites(self) -> set[UUID | None]:
        """Where they lie."""
        return {lot.site_id for lot in self.lots}


def read_filters() -> BoardFilters:
    """Return the filter of the address or form; what makes no sense is no filter."""
    asked = {name: (request.values.get(name) or "").strip()[:100].replace("\x00", "") for name in NAMES}
    return BoardFilters(
        availability=Availability.AVAILABLE,
        commodity=asked["commodity"] if asked["commodity"] in PRODUCT_LABELS else None,
        text=asked["text"] or None,
        colours=(asked["colour"],) if asked["colour"] in COLOURS else (),
        claim=Claim(asked["claim"]) if asked["claim"] in set(Claim) else None,
        site_id=id_of(asked["place"]),
    )


def chosen_lots() -> Chosen:
    """Return what the sent form chose, with what is wrong about it: numbers that nobody has, lots that are not there."""
    if request.form.get("scope") == FILTERED:
        filters = read_filters()
        found = found_by(db.session, g.actor, filters)
        if found.lots > MAX_FILTERED:
            return Chosen((), problems=[Message(TOO_MANY, {"limit": MAX_FILTERED})])
        lots = lots_among(db.session, g.actor, filtered_ids(db.session, g.actor, filters))
        problems = [Message(CHANGED)] if request.form.get("seen") != found.seen else []
        return Chosen(lots, is_filtered=True, seen=found.seen, problems=problems)
    typed, unknown = scanned_ids(request.form.get("numbers", ""))
    lots = lots_among(db.session, g.actor, [*ticked_ids(), *typed])
    problems = [*unknown, *(Message(NONE_CHOSEN) for _ in range(not lots and not unknown))]
    for lot in lots:
        try:
            check_available(lot)
        except DomainError as refused:
            problems.append(refused.message)
    return Chosen(lots, problems=problems)


def picker_page(
    *, title: str, intro: str, action: str, chosen: Sequence[Lot] = (), problems: Sequence[Message] = ()
) -> str:
    """Return the page that offers the lots of the filter; those already chosen stand first."""
    filters = read_filters()
    known = {lot.id for lot in chosen}
    offered = [lot for lot in offered_lots(db.session, g.actor, filters) if lot.id not in known]
    found: Found = found_by(db.session, g.actor, filters)
    every = ("", gettext(N_("All")))
    return render_template(
        "genealogy/pick.html",
        title=title,
        intro=intro,
        action=action,
        chosen=chosen,
        problems=problems,
        offered=offered,
        found=found,
        limit=MAX_OFFERED,
        filters=filters,
        asked={name: request.values.get(name, "") for name in NAMES},
        commodities=[
            every,
            *((one, gettext(PRODUCT_LABELS[one])) for one in available_commodities(db.session, g.actor)),
        ],
        colours=[every, *((one, colour_name(one)) for one in COLOURS)],
        claims=[every, *((one.value, gettext(label)) for one, label in CLAIM_LABELS.items())],
        sites=[every, *((str(one.id), one.name) for one in sites_in_use(db.session, g.actor))],
    )


def one_page(
    *, title: str, endpoint: str, wants: Callable[[Lot], bool] = lambda _lot: True
) -> str | Response:
    """Return the page on which the one lot of an operation is chosen; a scanned number leads on at once."""
    typed, unknown = scanned_ids(request.args.get("number", ""))
    if typed:
        return redirect(url_for(endpoint, lot_id=typed[0]))
    filters = read_filters()
    every = ("", gettext(N_("All")))
    return render_template(
        "genealogy/pick_one.html",
        title=title,
        endpoint=endpoint,
        problems=unknown,
        offered=[lot for lot in offered_lots(db.session, g.actor, filters) if wants(lot)],
        limit=MAX_OFFERED,
        filters=filters,
        commodities=[
            every,
            *((one, gettext(PRODUCT_LABELS[one])) for one in available_commodities(db.session, g.actor)),
        ],
    )
