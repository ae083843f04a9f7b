"""The seasons of an organisation, and the producers of one season."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, cast, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.income.queries.sums import SUMS, income_rows, seasons_of_runs
from chain.income.rules import Amounts, SeasonKey, SeasonTotals, season_totals
from chain.producers.models import Community, Membership, Producer
from chain.producers.rules import Sex, clean_code, search_words


def overview(session: Session, actor: Actor) -> list[SeasonTotals]:
    """Return the seasons of the actor's organisation, everybody together and by sex; newest first. Two statements."""
    income = income_rows(seasons_of_runs(session, organisation_id=actor.org), organisation_id=actor.org)
    key = (income.c.season, income.c.commodity, income.c.unit, income.c.currency)
    statement = (
        select(
            *key,
            Producer.sex,
            func.count(income.c.producer_id.distinct()),
            *(cast(func.sum(income.c[name]), BigInteger) for name in SUMS),
            cast(func.sum(income.c.baseline_minor), BigInteger),
        )
        .join(Producer, Producer.id == income.c.producer_id)
        .group_by(*key, Producer.sex)
    )
    rows = []
    for season, commodity, unit, currency, sex, *amounts in session.execute(statement):
        rows.append((SeasonKey(season, commodity, unit, currency), Sex(sex), Amounts(*amounts)))
    return season_totals(rows)


@dataclass(frozen=True, slots=True)
class ProducerSeason:
    """A producer's season of one product in a list."""

    producer_id: UUID
    full_name: str
    sex: str
    member_code: str | None
    community: str | None
    season: int
    commodity: str
    unit: str
    currency: str
    quantity: int
    gross_minor: int
    deductions_minor: int
    net_minor: int
    baseline_minor: int | None

    @property
    def gain_minor(self) -> int | None:
        """Gross minus baseline, or None without one."""
        return None if self.baseline_minor is None else self.gross_minor - self.baseline_minor


def producers_of_season(
    session: Session, actor: Actor, season: int, request: PageRequest, *, text: str | None = None
) -> Page[ProducerSeason]:
    """Return the producers of a season of the actor's organisation by name; sort by name, member_code, net or gain."""
    page = paginate_rows(session, _season_statement(session, actor, season, request, text), request)
    return Page([ProducerSeason(*row) for row in page.items], page.page, page.page_size, page.total)


def all_producers_of_season(
    session: Session, actor: Actor, season: int, *, text: str | None = None
) -> list[ProducerSeason]:
    """Return all of them, for a file."""
    statement = _season_statement(session, actor, season, PageRequest(), text)
    return [ProducerSeason(*row) for row in session.execute(statement)]


def _season_statement(
    session: Session, actor: Actor, season: int, request: PageRequest, text: str | None
) -> Select[tuple[object, ...]]:
    seasons = seasons_of_runs(session, organisation_id=actor.org)
    income = income_rows(seasons, organisation_id=actor.org)
    statement: Select[tuple[object, ...]] = (
        select(
            Producer.id,
            Producer.full_name,
            Producer.sex,
            Membership.member_code,
            Community.name,
            income.c.season,
            income.c.commodity,
            income.c.unit,
            income.c.currency,
            *(income.c[name] for name in SUMS),
            income.c.baseline_minor,
        )
        .select_from(income)
        .join(Producer, Producer.id == income.c.producer_id)
        .outerjoin(
            Membership,
            and_(Membership.producer_id == Producer.id, Membership.organisation_id == actor.org),
        )
        .outerjoin(Community, Community.id == Producer.community_id)
        .where(income.c.season == season)
        .order_by(Producer.search_name, Producer.id, income.c.commodity, income.c.currency)
    )
    words = search_words(text)
    if words:
        named = and_(*(Producer.search_name.contains(word, autoescape=True) for word in words))
        coded = Membership.member_code.startswith(clean_code(text) or "", autoescape=True)
        statement = statement.where(named | coded)
    columns: SortColumns = {
        "name": Producer.search_name,
        "member_code": Membership.member_code,
        "net": income.c.net_minor,
        "gain": income.c.gross_minor - income.c.baseline_minor,
    }
    return order_by(statement, request.sort, columns, Producer.id)
