"""Reads of which scheme an organisation grades by, of what organisations wrote themselves and of what they vouch for."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate, paginate_rows
from chain.grading.models import ColourListChoice, LimitConfirmation, OwnPriceGrid, OwnScheme, SchemeChoice
from chain.grading.pricing import PriceGrid, read_grid
from chain.grading.scheme import COMMODITIES, ColourScheme, Scheme
from chain.grading.scheme_files import (
    UnknownSchemeError,
    default_scheme,
    get_scheme,
    is_shipped,
    keep_own,
    kept_own,
    known_scheme_ids,
)
from chain.grading.scheme_reader import read_document

SORT_COLUMNS = {"valid_from": SchemeChoice.valid_from, "commodity": SchemeChoice.commodity}


def schemes_in_force(session: Session, organisation_id: UUID, on: date) -> Mapping[str, Scheme]:
    """Return the scheme of every commodity on a day: the latest choice that has begun, or the default of the country."""
    begun = (
        select(SchemeChoice.commodity, func.max(SchemeChoice.valid_from).label("valid_from"))
        .where(SchemeChoice.organisation_id == organisation_id, SchemeChoice.valid_from <= on)
        .group_by(SchemeChoice.commodity)
        .subquery()
    )
    rows = session.execute(
        select(SchemeChoice.commodity, SchemeChoice.scheme, SchemeChoice.edition)
        .join(
            begun,
            (begun.c.commodity == SchemeChoice.commodity) & (begun.c.valid_from == SchemeChoice.valid_from),
        )
        .where(SchemeChoice.organisation_id == organisation_id)
    )
    chosen = {row.commodity: find_scheme(session, row.scheme, row.edition) for row in rows}
    if len(chosen) == len(COMMODITIES):
        return chosen
    country = session.scalar(select(Organisation.country).where(Organisation.id == organisation_id))
    return {
        commodity: chosen.get(commodity) or default_scheme(commodity, country) for commodity in COMMODITIES
    }


def scheme_in_force(session: Session, organisation_id: UUID, commodity: str, on: date) -> Scheme:
    """Return the scheme by which an organisation grades a commodity on a day.

    Raises:
        KeyError: the commodity is not one of ours.
    """
    return schemes_in_force(session, organisation_id, on)[commodity]


def list_choices(session: Session, actor: Actor, request: PageRequest) -> Page[SchemeChoice]:
    """Return the choices of the actor's organisation, the latest first day first."""
    statement = (
        select(SchemeChoice)
        .where(SchemeChoice.organisation_id == actor.org)
        .order_by(SchemeChoice.valid_from.desc(), SchemeChoice.id)
    )
    tie = SchemeChoice.id
    return paginate(session, order_by(statement, request.sort, SORT_COLUMNS, tie.expression), request)


# --- schemes of organisations -----------------------------------------------------------------------------------------

#: Own schemes and grids that one organisation may see at once: its own ones and those that others share.
MAX_LISTED = 200


def load_own_scheme(session: Session, key: str, edition: str | None) -> Scheme | None:
    """Return an own scheme, without an edition the newest one; None when there is none. Whose it is does not matter here."""
    statement = select(OwnScheme.edition, OwnScheme.document).where(OwnScheme.key == key)
    if edition is not None:
        statement = statement.where(OwnScheme.edition == edition)
    found = session.execute(statement.order_by(OwnScheme.created_at.desc(), OwnScheme.id.desc())).first()
    return None if found is None else read_document(f"{key}@{found.edition}", found.document)


def find_scheme(session: Session, key: str, edition: str) -> Scheme:
    """Return any scheme, of the program or of an organisation; the database is asked once for each edition.

    Raises:
        UnknownSchemeError: there is none.
    """
    if is_shipped(key):
        return get_scheme(key, edition)
    found = kept_own(key, edition) or load_own_scheme(session, key, edition)
    if found is None:
        raise UnknownSchemeError(key, edition, known_scheme_ids())
    return keep_own(found)


class OwnSchemeSource:
    """Gives `scheme_files` the schemes of organisations."""

    def __init__(self, session_of: Callable[[], Session | None]) -> None:
        self._session_of = session_of

    def find(self, key: str, edition: str | None) -> Scheme | None:
        """Return a scheme, asking the database."""
        session = self._session_of()
        found = None if session is None else load_own_scheme(session, key, edition)
        return None if found is None else keep_own(found)

    def offered_to(self, organisation_id: UUID) -> Sequence[Scheme]:
        """Return what an organisation may choose."""
        session = self._session_of()
        return () if session is None else offered_schemes(session, organisation_id)


def _offered(organisation_id: UUID) -> ColumnElement[bool]:
    own_or_shared = or_(OwnScheme.organisation_id == organisation_id, OwnScheme.is_shared)
    return and_(OwnScheme.withdrawn_at.is_(None), own_or_shared)


def offered_schemes(session: Session, organisation_id: UUID) -> tuple[Scheme, ...]:
    """Return the own schemes that an organisation may choose: its own ones and shared ones, none of them withdrawn."""
    found = session.execute(
        select(OwnScheme.key, OwnScheme.edition, OwnScheme.document)
        .where(_offered(organisation_id))
        .order_by(OwnScheme.organisation_id != organisation_id, OwnScheme.key, OwnScheme.created_at.desc())
        .limit(MAX_LISTED)
    )
    return tuple(read_document(f"{row.key}@{row.edition}", row.document) for row in found)


def is_offered(session: Session, organisation_id: UUID, key: str, edition: str) -> bool:
    """Tell whether an organisation may choose an own scheme."""
    wanted = select(OwnScheme.id).where(
        OwnScheme.key == key, OwnScheme.edition == edition, _offered(organisation_id)
    )
    return session.scalar(wanted) is not None


def _visible(actor: Actor) -> ColumnElement[bool]:
    """Tell whose own schemes an actor sees: those of the organisation, those that are shared, and those that it once chose."""
    organisation_id = actor.organisation_id
    chosen = exists().where(
        SchemeChoice.organisation_id == organisation_id,
        SchemeChoice.scheme == OwnScheme.key,
        SchemeChoice.edition == OwnScheme.edition,
    )
    listed = exists().where(
        ColourListChoice.organisation_id == organisation_id,
        ColourListChoice.scheme == OwnScheme.key,
        ColourListChoice.edition == OwnScheme.edition,
    )
    return or_(OwnScheme.organisation_id == organisation_id, OwnScheme.is_shared, chosen, listed)


def get_own_scheme_for(session: Session, actor: Actor, key: str, edition: str) -> OwnScheme:
    """Return an own scheme that the actor may see.

    Raises:
        NotFound: there is none, or it is another organisation's and not shared.
    """
    found = session.scalar(
        select(OwnScheme).where(OwnScheme.key == key, OwnScheme.edition == edition, _visible(actor))
    )
    if found is None:
        raise NotFound
    return found


def get_scheme_for(session: Session, actor: Actor, key: str, edition: str) -> tuple[Scheme, OwnScheme | None]:
    """Return a scheme that the actor may see, and its row when an organisation wrote it.

    Raises:
        NotFound: there is none, or it is another organisation's and not shared.
    """
    if is_shipped(key):
        try:
            return get_scheme(key, edition), None
        except LookupError:
            raise NotFound from None
    row = get_own_scheme_for(session, actor, key, edition)
    return read_document(f"{key}@{edition}", row.document), row


OWN_SORTS: SortColumns = {"key": OwnScheme.key, "created_at": OwnScheme.created_at}


def list_own_schemes(
    session: Session, actor: Actor, request: PageRequest
) -> Page[tuple[OwnScheme, Organisation]]:
    """Return the own schemes that the actor sees, with who wrote them: the organisation's first, the newest edition first."""
    statement = (
        select(OwnScheme, Organisation)
        .join(Organisation, Organisation.id == OwnScheme.organisation_id)
        .where(
            _visible(actor),
            or_(OwnScheme.organisation_id == actor.organisation_id, OwnScheme.withdrawn_at.is_(None)),
        )
        .order_by(
            OwnScheme.organisation_id != actor.organisation_id, OwnScheme.key, OwnScheme.created_at.desc()
        )
    )
    return paginate_rows(session, order_by(statement, request.sort, OWN_SORTS, OwnScheme.id), request)


def newest_edition(session: Session, model: type[OwnScheme | OwnPriceGrid], key: str) -> int:
    """Return the number of the newest edition of a key; 0 when there is none."""
    editions = session.scalars(select(model.edition).where(model.key == key))
    return max((int(one) for one in editions if one.isdigit()), default=0)


# --- what an organisation vouches for ---------------------------------------------------------------------------------


def confirmed_values(session: Session, organisation_id: UUID, scheme: str, edition: str) -> frozenset[str]:
    """Return the keys of the unconfirmed values of a scheme for which a person of the organisation vouches."""
    return all_confirmed_values(session, organisation_id).get((scheme, edition), frozenset())


def all_confirmed_values(session: Session, organisation_id: UUID) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the same for every scheme and edition."""
    rows = session.execute(
        select(LimitConfirmation.scheme, LimitConfirmation.edition, LimitConfirmation.value_key).where(
            LimitConfirmation.organisation_id == organisation_id, LimitConfirmation.withdrawn_at.is_(None)
        )
    )
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        found[row.scheme, row.edition].add(row.value_key)
    return {at: frozenset(keys) for at, keys in found.items()}


def confirmations_of(
    session: Session, organisation_id: UUID, scheme: str, edition: str
) -> Sequence[LimitConfirmation]:
    """Return who vouched for which value and when, withdrawn ones too, the latest first."""
    return session.scalars(
        select(LimitConfirmation)
        .where(
            LimitConfirmation.organisation_id == organisation_id,
            LimitConfirmation.scheme == scheme,
            LimitConfirmation.edition == edition,
        )
        .order_by(LimitConfirmation.confirmed_at.desc(), LimitConfirmation.id.desc())
        .limit(MAX_LISTED)
    ).all()


# --- colour lists -----------------------------------------------------------------------------------------------------


def colour_list_in_force(session: Session, organisation_id: UUID, on: date) -> ColourScheme | None:
    """Return the colour list that an organisation uses on a day; None is the standard one."""
    row = session.execute(
        select(ColourListChoice.scheme, ColourListChoice.edition)
        .where(ColourListChoice.organisation_id == organisation_id, ColourListChoice.valid_from <= on)
        .order_by(ColourListChoice.valid_from.desc())
        .limit(1)
    ).first()
    if row is None or is_shipped(row.scheme):
        return None
    found = find_scheme(session, row.scheme, row.edition)
    return found if isinstance(found, ColourScheme) else None


def own_colour_codes(session: Session, organisation_id: UUID, on: date) -> Mapping[str, str]:
    """Return the organisation's own codes on a day by the standard colour for which they stand; empty without an own list."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    used = colour_list_in_force(session, organisation_id, on)
    for one in used.colours if used is not None else ():
        if one.stands_for is not None:
            found[one.stands_for].append(one.letters)
    return {colour: "/".join(codes) for colour, codes in found.items()}


# --- price grids ------------------------------------------------------------------------------------------------------


def list_own_grids(session: Session, actor: Actor) -> Sequence[OwnPriceGrid]:
    """Return the price grids of the actor's organisation, the newest edition of each key first."""
    return session.scalars(
        select(OwnPriceGrid)
        .where(OwnPriceGrid.organisation_id == actor.org)
        .order_by(OwnPriceGrid.key, OwnPriceGrid.created_at.desc())
        .limit(MAX_LISTED)
    ).all()


def get_own_grid_for(session: Session, actor: Actor, key: str, edition: str) -> OwnPriceGrid:
    """Return a price grid of the actor's organisation.

    Raises:
        NotFound: there is none there.
    """
    found = session.scalar(
        select(OwnPriceGrid).where(
            OwnPriceGrid.organisation_id == actor.org,
            OwnPriceGrid.key == key,
            OwnPriceGrid.edition == edition,
        )
    )
    if found is None:
        raise NotFound
    return found


def load_own_grid(
    session: Session, organisation_id: UUID, key: str, edition: str | None = None
) -> PriceGrid | None:
    """Return an organisation's price grid for the command line, without an edition the newest one; None when there is none."""
    statement = select(OwnPriceGrid).where(
        OwnPriceGrid.organisation_id == organisation_id,
        OwnPriceGrid.key == key,
        OwnPriceGrid.withdrawn_at.is_(None),
    )
    if edition is not None:
        statement = statement.where(OwnPriceGrid.edition == edition)
    row = session.scalars(
        statement.order_by(OwnPriceGrid.created_at.desc(), OwnPriceGrid.id.desc()).limit(1)
    ).first()
    return None if row is None else read_grid(row.document, name=f"{row.key}@{row.edition}")
