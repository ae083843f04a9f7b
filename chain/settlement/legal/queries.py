"""Tax settings in force, what is known of sellers, and the tax papers of a run before and after they are issued."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor
from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.papers.models import Paper
from chain.papers.queries.papers import papers_of_subjects
from chain.papers.rules import PaperKind, serial
from chain.producers.models import Community, Membership, Producer
from chain.settlement.legal.errors import TaxCountryUnknown
from chain.settlement.legal.models import ProducerTaxFact, TaxPaperAmount, TaxSetting
from chain.settlement.legal.rules import (
    CURRENCIES,
    NEEDED,
    TAX_KIND_LABELS,
    Advance,
    Amounts,
    Seller,
    Setting,
    TaxKind,
    advance_of,
    as_withheld,
    has_valid_rau,
    held_of,
    house_problem,
    limit_problem,
    liquidation,
    purchase_receipt,
    seller_problems,
    trimmed,
)
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.paper_subjects import TAX_LINE, later_tax_papers
from chain.settlement.queries.runs import get_run_for
from chain.settlement.rules import ItemKind

KINDS = {"PE": PaperKind.PURCHASE_LIQUIDATION, "BO": PaperKind.PURCHASE_RECEIPT}


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A line of a run as a tax paper would say it, or why there is none."""

    line_id: UUID
    producer_id: UUID
    member_code: str
    seller: Seller
    quantity: int
    #: null while a setting is missing
    amounts: Amounts | None
    problems: Sequence[Message]
    paper: Paper | None
    #: taxes that the settlement itself took off this line
    taken_minor: int = 0
    #: standing papers over a floor price of the same goods
    advances: Sequence[Advance] = ()

    @property
    def held_minor(self) -> int:
        """All taxes that the paper holds back from the income of the seller."""
        return held_of(self.amounts) if self.amounts else 0

    @property
    def new_minor(self) -> int:
        """What the paper adds to the year of the seller: its value without what earlier papers say."""
        if self.amounts is None:
            return 0
        counted = sum(one.taken_minor for one in self.advances) if self.amounts.advances_minor else 0
        return self.amounts.value_minor - counted


@dataclass(frozen=True, slots=True)
class TaxPreview:
    """What the tax papers of a run would say."""

    run: SettlementRun
    house: Organisation
    kind: PaperKind
    day: date
    settings: Mapping[TaxKind, Setting]
    missing: Sequence[TaxKind]
    rows: Sequence[TaxRow]
    #: what the organisation itself lacks
    house_lacks: Message | None = None

    @property
    def all_missing(self) -> list[Message]:
        """Everything without which no paper is issued, in words."""
        lacks = [self.house_lacks] if self.house_lacks else []
        return lacks + [Message(TAX_KIND_LABELS[kind]) for kind in self.missing]

    @property
    def ready(self) -> list[TaxRow]:
        """Rows that a paper can be issued for now."""
        return [
            row for row in self.rows if row.paper is None and not row.problems and row.amounts is not None
        ]


def list_settings(session: Session, organisation_id: UUID) -> list[tuple[TaxSetting, str | None, str | None]]:
    """Return all settings with who entered and who confirmed them, the latest first."""
    names = {row.id: row.display_name for row in session.execute(select(User.id, User.display_name))}
    found = session.scalars(
        select(TaxSetting)
        .where(TaxSetting.organisation_id == organisation_id)
        .order_by(TaxSetting.kind, TaxSetting.valid_from.desc(), TaxSetting.id)
    ).all()
    return [
        (one, names.get(one.entered_by), names.get(one.confirmed_by) if one.confirmed_by else None)
        for one in found
    ]


def settings_on(
    session: Session, organisation_id: UUID, commodity: str | None, day: date
) -> dict[TaxKind, Setting]:
    """Return the confirmed settings of a day; one of the product goes before one of all products."""
    rows = session.scalars(
        select(TaxSetting)
        .where(
            TaxSetting.organisation_id == organisation_id,
            TaxSetting.confirmed_at.is_not(None),
            TaxSetting.valid_from <= day,
            or_(TaxSetting.commodity.is_(None), TaxSetting.commodity == commodity),
        )
        .order_by(TaxSetting.commodity.is_not(None), TaxSetting.valid_from, TaxSetting.confirmed_at)
    )
    return {TaxKind(row.kind): Setting(TaxKind(row.kind), row.value, row.text) for row in rows}


def sellers_on(
    session: Session, organisation_id: UUID, producer_ids: Sequence[UUID] | Any, day: date
) -> dict[UUID, tuple[str, Seller]]:
    """Return member code and what is known of producers on a day."""
    facts: dict[UUID, ProducerTaxFact] = {}
    for fact in session.scalars(
        select(ProducerTaxFact)
        .where(
            ProducerTaxFact.organisation_id == organisation_id,
            ProducerTaxFact.producer_id.in_(producer_ids),
            ProducerTaxFact.valid_from <= day,
        )
        .order_by(ProducerTaxFact.valid_from, ProducerTaxFact.recorded_at)
    ):
        facts[fact.producer_id] = fact
    rows = session.execute(
        select(Producer, Membership.member_code, Community.name)
        .join(Membership, Membership.producer_id == Producer.id)
        .outerjoin(Community, Community.id == Producer.community_id)
        .where(Membership.organisation_id == organisation_id, Producer.id.in_(producer_ids))
    )
    found: dict[UUID, tuple[str, Seller]] = {}
    for producer, code, community in rows:
        kept = facts.get(producer.id)
        found[producer.id] = (
            code,
            Seller(
                producer.full_name,
                producer.document_kind,
                producer.document_number,
                producer.birth_year,
                kept.address if kept else community,
                kept.ubigeo if kept else None,
                kept.address_kind if kept else None,
                kept.has_tax_number if kept else None,
                kept.rau_number if kept else None,
                kept.rau_valid_to if kept else None,
            ),
        )
    return found


def tax_preview(session: Session, actor: Actor, run_id: UUID, day: date) -> TaxPreview:
    """Return the tax papers of a run: those that stand, those that could be issued on a day, and why others cannot.

    Raises:
        NotFound: the run is not one of the organisation's.
        TaxCountryUnknown: there is no tax paper for its country and currency.
    """
    run = get_run_for(session, actor, run_id)
    house = get_organisation(session, run.organisation_id)
    if CURRENCIES.get(house.country) != run.currency:
        raise TaxCountryUnknown
    settings = settings_on(session, house.id, run.commodity, day)
    missing = [kind for kind in NEEDED[house.country] if kind not in settings]
    lines = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
    producers = select(SettlementLine.producer_id).where(SettlementLine.run_id == run.id)
    sellers = sellers_on(session, house.id, producers, day)
    before = _sold_before(session, house.id, producers, day)
    taken = _taxes_taken(session, run.id, lines, papered=house.country == "PE")
    line_ids = select(SettlementLine.id).where(SettlementLine.run_id == run.id)
    kind = KINDS[house.country]
    papers = {
        one.subject_id: one for one in papers_of_subjects(session, house.id, TAX_LINE, line_ids, kind=kind)
    }
    advances, later = _advances(session, run.id), later_tax_papers(session, line_ids)
    rows = []
    for line in lines:
        code, seller = sellers[line.producer_id]
        paper, earlier = papers.get(line.id), advances[line.id]
        left = line.gross_minor - sum(one.taken_minor for one in earlier)
        amounts = (
            None if missing else _amounts(house.country, settings, line.gross_minor, earlier, seller, day)
        )
        withheld = (
            as_withheld(
                amounts, taken[line.id], at_our_cost=_at_our_cost(house.country, settings, seller, day)
            )
            if amounts
            else None
        )
        problems = seller_problems(house.country, seller, day) + _covered(
            has_rest=left > 0 or not earlier, later=later.get(line.id)
        )
        if amounts is not None and withheld is None:
            problems += [_tax_differs(run.currency, amounts, taken[line.id])]
        amounts = withheld or amounts
        if house.country == "PE" and amounts is not None and paper is None:
            over = limit_problem(settings, before[line.producer_id], left)
            problems += [over] if over else []
        rows.append(
            TaxRow(
                line.id, line.producer_id, code, seller, line.quantity, amounts,
                [] if paper else problems, paper, taken[line.id],
                trimmed(earlier, amounts.advances_minor) if house.country == "PE" and amounts else earlier,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: row.member_code)
    return TaxPreview(
        run, house, kind, day, settings, missing, rows, house_problem(house.country, house.tax_id)
    )


def _covered(*, has_rest: bool, later: str | None) -> list[Message]:
    """Return why no paper is made of goods that another paper says already."""
    if later is not None:
        return [Message(N_("The paper %(number)s is made out for the same goods."), {"number": later})]
    return [] if has_rest else [Message(N_("Earlier papers are made out for all of it."))]


def _advances(session: Session, run_id: UUID) -> Mapping[UUID, list[Advance]]:
    """Return, by line, the standing tax papers over the floor prices that the run takes off."""
    earlier = aliased(SettlementLine)
    rows = session.execute(
        select(SettlementItem.line_id, -SettlementItem.amount_minor, earlier.gross_minor, Paper)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(earlier, earlier.id == SettlementItem.earlier_line_id)
        .join(Paper, Paper.subject_id == earlier.id)
        .where(SettlementLine.run_id == run_id, Paper.subject_type == TAX_LINE, Paper.voided_at.is_(None))
        .order_by(Paper.series, Paper.number)
    )
    found: Mapping[UUID, list[Advance]] = defaultdict(list)
    for line_id, taken_minor, gross_minor, paper in rows:
        found[line_id].append(
            advance_of(
                serial(paper.series, paper.number), paper.issued_on, taken_minor,
                gross_minor=gross_minor, net_minor=paper.amount_minor + paper.content["advances_minor"],
            )
        )  # fmt: skip
    return found


def tax_papers_of_run(session: Session, actor: Actor, run_id: UUID) -> list[Paper]:
    """Return all tax papers of a run, voided ones included.

    Raises:
        NotFound: the run is not one of the organisation's.
    """
    run = get_run_for(session, actor, run_id)
    kind = KINDS.get(get_organisation(session, run.organisation_id).country)
    lines = select(SettlementLine.id).where(SettlementLine.run_id == run.id)
    return papers_of_subjects(session, run.organisation_id, TAX_LINE, lines, kind=kind, standing=False)


def _amounts(  # noqa: PLR0917 - private; one line of facts
    country: str,
    settings: Mapping[TaxKind, Setting],
    gross_minor: int,
    advances: Sequence[Advance],
    seller: Seller,
    day: date,
) -> Amounts:
    """Return what a paper says. Peru's has a field for advances; Bolivia's receipt is made out for the rest."""
    if country == "PE":
        return liquidation(
            gross_minor,
            igv=settings[TaxKind.IGV].value,
            income=settings[TaxKind.INCOME].value,
            advances=sum(one.amount_minor for one in advances),
        )
    return purchase_receipt(
        max(0, gross_minor - sum(one.taken_minor for one in advances)),
        iue=settings[TaxKind.IUE].value,
        it=settings[TaxKind.IT].value,
        gross_up=bool(settings[TaxKind.GROSS_UP].value),
        has_rau=has_valid_rau(seller, day),
    )


def _sold_before(session: Session, organisation_id: UUID, producers: Any, day: date) -> Mapping[UUID, int]:
    """Return what each seller's standing papers of the year come to, from 1 January to the day."""
    rows = session.execute(
        select(TaxPaperAmount.producer_id, func.sum(TaxPaperAmount.value_minor))
        .join(Paper, Paper.id == TaxPaperAmount.paper_id)
        .where(
            TaxPaperAmount.organisation_id == organisation_id,
            TaxPaperAmount.producer_id.in_(producers),
            TaxPaperAmount.issued_on >= date(day.year, 1, 1),
            TaxPaperAmount.issued_on <= day,
            Paper.voided_at.is_(None),
        )
        .group_by(TaxPaperAmount.producer_id)
    )
    return defaultdict(int, {row[0]: int(row[1]) for row in rows})


def _at_our_cost(country: str, settings: Mapping[TaxKind, Setting], seller: Seller, day: date) -> bool:
    return country == "BO" and bool(settings[TaxKind.GROSS_UP].value) and not has_valid_rau(seller, day)


def _tax_differs(currency: str, amounts: Amounts, taken_minor: int) -> Message:
    return Message(
        N_(
            "The paper would hold back %(held)s, and the settlement took off %(taken)s. Set the withholding among the deductions."
        ),
        {"held": Money(held_of(amounts), currency), "taken": Money(taken_minor, currency)},
    )


def _taxes_taken(
    session: Session, run_id: UUID, lines: Sequence[SettlementLine], *, papered: bool
) -> dict[UUID, int]:
    """Return what settlements took off as tax of the goods of each paper: of the line, and of the floor prices that it makes up to a whole.

    Floor prices with a paper of their own count too where the paper over the rest is made out for the whole (`papered`).
    """
    earlier = aliased(SettlementLine)
    floors = session.execute(
        select(
            SettlementItem.line_id, earlier.id, earlier.gross_minor, -SettlementItem.amount_minor, Paper.id
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(earlier, earlier.id == SettlementItem.earlier_line_id)
        .outerjoin(
            Paper,
            (Paper.subject_id == earlier.id) & (Paper.subject_type == TAX_LINE) & Paper.voided_at.is_(None),
        )
        .where(SettlementLine.run_id == run_id)
    ).all()
    ours = select(SettlementLine.id).where(SettlementLine.run_id == run_id)
    before = select(SettlementItem.earlier_line_id).where(SettlementItem.line_id.in_(ours))
    rows = session.execute(
        select(SettlementItem.line_id, func.sum(-SettlementItem.amount_minor))
        .where(
            or_(SettlementItem.line_id.in_(ours), SettlementItem.line_id.in_(before)),
            SettlementItem.kind == ItemKind.WITHHOLDING.value,
        )
        .group_by(SettlementItem.line_id)
    )
    own = {row[0]: int(row[1]) for row in rows}
    found = {line.id: own.get(line.id, 0) for line in lines}
    for line_id, floor_id, gross_minor, part_minor, paper_id in floors:
        if papered or paper_id is None:
            found[line_id] += (2 * own.get(floor_id, 0) * part_minor + gross_minor) // (2 * gross_minor)
    return found
