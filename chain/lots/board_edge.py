"""What the pages and the API of the board share: reading the address, and the labels that it asks for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import g, request

from chain.accounts.queries import get_own_organisation
from chain.core.db import db
from chain.core.errors import FieldErrors, NotFound
from chain.grading.queries import offered_schemes
from chain.grading.scheme import Scheme
from chain.lots import queries
from chain.lots.classes import find_class
from chain.lots.errors import TooManyLots
from chain.lots.filters import NOT_BETWEEN, UNKNOWN, BoardQuery, read_query
from chain.lots.label_content import MAX_LABELS, ROLLS, SHEETS, Label, Sheet, labels_of
from chain.lots.models import Lot
from chain.web.pdf import own_address


def asked_query() -> BoardQuery:
    """Return what the address asks for.

    Raises:
        ValidationFailed: values that mean nothing.
    """

    def own() -> Sequence[Scheme]:
        return offered_schemes(db.session, g.actor.org)

    return read_query(request.args.to_dict(flat=False), lambda word: find_class(word, own))


def lots_of_board(limit: int) -> list[Lot]:
    """Return the lots that the address asks for, in the order of the board.

    Raises:
        TooManyLots: more than `limit`.
    """
    query = asked_query()
    if queries.count_found(db.session, g.actor, query.filters, limit) > limit:
        raise TooManyLots(limit=limit)
    ids = [row.id for row in queries.board_rows(db.session, g.actor, query, limit)]
    return queries.get_lots_for(db.session, g.actor, ids)


def asked_lots() -> list[Lot]:
    """Return the lots of `lot=` in the address, or those that the board's parameters find.

    Raises:
        NotFound: one of them is not there, or somebody else's.
        TooManyLots: more than one print holds.
    """
    named = request.args.getlist("lot")
    if not named:
        return lots_of_board(MAX_LABELS)
    if len(named) > MAX_LABELS:
        raise TooManyLots(limit=MAX_LABELS)
    try:
        ids = list(dict.fromkeys(UUID(one) for one in named))
    except ValueError:
        raise NotFound from None
    return queries.get_lots_for(db.session, g.actor, ids)


def asked_labels() -> list[Label]:
    """Return the labels that the address asks for.

    Raises:
        NotFound: there is no such lot, or none at all.
        TooManyLots: more than one print holds.
    """
    lots = asked_lots()
    if not lots:
        raise NotFound
    house = get_own_organisation(db.session, g.actor).name
    is_per_bag = request.args.get("bags", "").lower() in {"1", "true", "yes"}
    return labels_of(db.session, g.actor, lots, house=house, address=own_address(), is_per_bag=is_per_bag)


def asked_sheet(args: Mapping[str, Any], *, rolls_only: bool = False) -> tuple[Sheet, int]:
    """Return the paper and the first free place on it.

    Raises:
        ValidationFailed: there is no such paper or place.
    """
    errors = FieldErrors()
    size, start = str(args.get("size") or ROLLS[0]), str(args.get("start") or "1")
    sheet = SHEETS.get(size)
    if sheet is None or (rolls_only and size not in ROLLS):
        errors.add("size", UNKNOWN, value=size[:40])
        errors.raise_any()
    assert sheet is not None  # noqa: S101 - refused above
    place = int(start) if start.isascii() and start.isdigit() and len(start) < 4 else 0  # noqa: PLR2004
    if not 1 <= place <= sheet.places and sheet.places > 1:
        errors.add("start", NOT_BETWEEN, low=1, high=sheet.places)
    errors.raise_any()
    return sheet, place
