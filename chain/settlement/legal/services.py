"""Settings entered and confirmed, facts of producers, and tax papers issued from a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.ledger.services.posting import lock_books
from chain.papers.models import Paper
from chain.papers.services.issue import PaperDraft, issue_papers
from chain.papers.words import amount_in_words
from chain.producers.queries import member_ids_among
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.legal.errors import (
    BadTaxSetting,
    TaxFactIncomplete,
    TaxPapersOff,
    TaxRunNotInBooks,
    TaxSettingConfirmed,
)
from chain.settlement.legal.models import ProducerTaxFact, TaxPaperAmount, TaxSetting
from chain.settlement.legal.queries import TaxPreview, TaxRow, tax_preview
from chain.settlement.legal.rules import (
    CODES,
    FOR_FILES,
    MAX_ADDRESS,
    MIN_ADDRESS,
    PERCENTAGES,
    UBIGEO,
    WHOLE,
    AddressKind,
    Setting,
    TaxKind,
    has_valid_rau,
)
from chain.settlement.models import SettlementRun
from chain.settlement.paper_subjects import TAX_LINE
from chain.settlement.rules import IN_THE_BOOKS

Row = TypeVar("Row", TaxSetting, ProducerTaxFact)
MAX_VALUE = 10**12
MAX_SOURCE = 200
VERSION = 1


@dataclass(frozen=True, slots=True)
class Issued:
    """Papers that were issued, and how many lines were held back for what is missing."""

    papers: list[Paper]
    held: int


def enter_setting(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    setting_id: UUID,
    kind: TaxKind,
    value: int,
    valid_from: date,
    source: str,
    text: str | None = None,
    commodity: str | None = None,
) -> TaxSetting:
    """Enter a rate, limit or place; it counts when it is confirmed. The same id again changes nothing.

    Raises:
        Forbidden: the actor may not confirm taxes.
        BadTaxSetting: the value does not fit the kind.
        IdempotencyConflict: the id came before with other content.
    """
    actor.require(Permission.TAXES_CONFIRM)
    content = {
        "organisation_id": actor.org,
        "kind": kind.value,
        "commodity": commodity or None,
        "value": value,
        "text": (text or "").strip() or None,
        "valid_from": valid_from,
        "source": source.strip()[:MAX_SOURCE],
    }
    known = session.get(TaxSetting, setting_id)
    if known is not None:
        return _same(known, content)
    _check_value(kind, value, text)
    assert actor.user_id is not None  # noqa: S101 - an invariant: only people hold this duty
    setting = TaxSetting(id=setting_id, entered_at=now, entered_by=actor.user_id, **content)
    session.add(setting)
    session.flush()
    _record(
        session,
        tag=SettlementAudit.TAX_SETTING_ENTERED,
        actor=actor,
        now=now,
        subject_id=setting.id,
        after=_told(setting),
    )
    return setting


def _same(known: Row, content: Mapping[str, Any]) -> Row:
    """Return what an id made before.

    Raises:
        IdempotencyConflict: the id came before with other content.
    """
    if any(getattr(known, name) != value for name, value in content.items()):
        raise IdempotencyConflict
    return known


def _check_value(kind: TaxKind, value: int, text: str | None) -> None:
    if not 0 <= value <= MAX_VALUE or (kind in PERCENTAGES and value >= WHOLE // 2):
        raise BadTaxSetting
    if kind is TaxKind.GROSS_UP and value not in {0, 1}:
        raise BadTaxSetting
    if kind in CODES and value >= 10 ** CODES[kind]:
        raise BadTaxSetting
    if kind is TaxKind.PLACE and (
        not UBIGEO.fullmatch(f"{value:06d}") or not MIN_ADDRESS <= len((text or "").strip()) <= 200  # noqa: PLR2004 - what the column holds
    ):
        raise BadTaxSetting


def confirm_setting(session: Session, *, actor: Actor, now: datetime, setting_id: UUID) -> TaxSetting:
    """Confirm a setting: from its first day on, papers are made with it.

    Raises:
        NotFound: it is not one of the organisation's.
        TaxSettingConfirmed: it is confirmed already.
    """
    actor.require(Permission.TAXES_CONFIRM)
    setting = session.scalar(
        select(TaxSetting)
        .where(TaxSetting.id == setting_id, TaxSetting.organisation_id == actor.org)
        .with_for_update()
    )
    if setting is None:
        raise NotFound
    if setting.confirmed_at is not None:
        raise TaxSettingConfirmed
    setting.confirmed_at, setting.confirmed_by = now, actor.user_id
    session.flush()
    _record(
        session,
        tag=SettlementAudit.TAX_SETTING_CONFIRMED,
        actor=actor,
        now=now,
        subject_id=setting.id,
        after=_told(setting),
    )
    return setting


def _told(setting: TaxSetting) -> dict[str, Any]:
    names = ("kind", "commodity", "value", "text", "source")
    return {name: getattr(setting, name) for name in names} | {"valid_from": setting.valid_from.isoformat()}


def record_tax_fact(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    fact_id: UUID,
    producer_id: UUID,
    valid_from: date,
    address: str | None = None,
    ubigeo: str | None = None,
    address_kind: AddressKind | None = None,
    has_tax_number: bool | None = None,
    rau_number: str | None = None,
    rau_valid_to: date | None = None,
) -> ProducerTaxFact:
    """Note what a producer showed for taxes, from a day on; it replaces what was noted before. The same id again changes nothing.

    Raises:
        Forbidden: the actor may neither confirm taxes nor keep the roll.
        NotFound: the producer is not in the organisation's roll.
        TaxFactIncomplete: a RAU number without its last day, or the reverse.
        IdempotencyConflict: the id came before with other content.
    """
    if not (actor.may(Permission.TAXES_CONFIRM) or actor.may(Permission.PRODUCERS_WRITE)):
        raise Forbidden
    content = {
        "organisation_id": actor.org,
        "producer_id": producer_id,
        "valid_from": valid_from,
        "address": (address or "").strip()[:MAX_ADDRESS] or None,
        "ubigeo": ubigeo or None,
        "address_kind": address_kind.value if address_kind else None,
        "has_tax_number": has_tax_number,
        "rau_number": rau_number or None,
        "rau_valid_to": rau_valid_to,
    }
    known = session.get(ProducerTaxFact, fact_id)
    if known is not None:
        return _same(known, content)
    if not member_ids_among(session, actor.org, [producer_id]):
        raise NotFound
    if (content["rau_number"] is None) != (rau_valid_to is None):
        raise TaxFactIncomplete
    fact = ProducerTaxFact(id=fact_id, recorded_at=now, recorded_by=actor.user_id, **content)
    session.add(fact)
    session.flush()
    told = {"producer": str(producer_id), "has_tax_number": has_tax_number, "rau": rau_number is not None}
    _record(
        session, tag=SettlementAudit.TAX_FACT_RECORDED, actor=actor, now=now, subject_id=fact.id, after=told
    )
    return fact


def issue_tax_papers(session: Session, *, actor: Actor, now: datetime, run_id: UUID) -> Issued:
    """Issue a tax paper for each line of a run that has none and lacks nothing; repeat it when missing facts were noted.

    Raises:
        Forbidden: the actor may not confirm taxes.
        NotFound: the run is not one of the organisation's.
        TaxRunNotInBooks, TaxPapersOff, TaxCountryUnknown: see there.
    """
    actor.require(Permission.TAXES_CONFIRM)
    lock_books(session, actor.org)
    run = session.scalar(
        select(SettlementRun)
        .where(SettlementRun.id == run_id, SettlementRun.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if run is None:
        raise NotFound
    if run.state not in IN_THE_BOOKS:
        raise TaxRunNotInBooks
    day = local_date(now, get_organisation(session, run.organisation_id).timezone)
    preview = tax_preview(session, actor, run_id, day)
    if preview.all_missing:
        raise TaxPapersOff(missing=preview.all_missing[0])
    ready = preview.ready
    papers = issue_papers(
        session,
        actor=actor,
        now=now,
        organisation_id=run.organisation_id,
        kind=preview.kind,
        drafts=[_draft(preview, row) for row in ready],
        issued_on=day,
    )
    if papers:
        session.execute(
            insert(TaxPaperAmount),
            [
                {
                    "paper_id": paper.id,
                    "organisation_id": paper.organisation_id,
                    "producer_id": paper.party_id,
                    "issued_on": day,
                    "value_minor": row.new_minor,
                }
                for paper, row in zip(papers, ready, strict=True)
            ],
        )
    held = sum(row.paper is None for row in preview.rows) - len(papers)
    _record(
        session,
        tag=SettlementAudit.TAX_PAPERS_ISSUED,
        actor=actor,
        now=now,
        subject_id=run.id,
        after={"issued": len(papers), "held": held},
    )
    return Issued(papers, held)


def _code(settings: Mapping[TaxKind, Setting], kind: TaxKind) -> str | None:
    return f"{settings[kind].value:0{CODES[kind]}d}" if kind in settings else None


def _draft(preview: TaxPreview, row: TaxRow) -> PaperDraft:
    run, house, amounts, seller = preview.run, preview.house, row.amounts, row.seller
    assert amounts is not None  # noqa: S101 - an invariant: only rows that are ready
    place = preview.settings.get(TaxKind.PLACE)
    content = {
        "version": VERSION,
        "organisation": {
            "name": house.name,
            "code": house.code,
            "tax_id": house.tax_id,
            "address": house.place,
            "country": house.country,
        },
        "run": {
            "number": run.number,
            "commodity": run.commodity,
            "period_from": run.period_from.isoformat() if run.period_from else None,
            "period_to": run.period_to.isoformat() if run.period_to else None,
        },
        "document_type": "04" if house.country == "PE" else None,
        "party": {
            "name": seller.full_name,
            "document_kind": seller.document_kind,
            "document_number": seller.document_number,
            "member_code": row.member_code,
            "address": seller.address,
            "ubigeo": seller.ubigeo,
            "address_kind": seller.address_kind,
            "rau_number": seller.rau_number if has_valid_rau(seller, preview.day) else None,
            "rau_valid_to": seller.rau_valid_to.isoformat()
            if seller.rau_valid_to and has_valid_rau(seller, preview.day)
            else None,
        },
        "place": {"ubigeo": f"{place.value:06d}", "address": place.text} if place else None,
        **{kind.value: _code(preview.settings, kind) for kind in FOR_FILES[house.country]},
        "currency": run.currency,
        "unit": run.unit,
        "unit_code": "KGM" if run.unit == "g" else "LTR",
        "quantity": row.quantity,
        "value_minor": amounts.value_minor,
        "subtotal_minor": amounts.subtotal_minor,
        "taxes": [
            {"name": name, "basis_points": rate, "amount_minor": minor} for name, rate, minor in amounts.taxes
        ],
        "advances_minor": amounts.advances_minor,
        "advances": [
            {"serial": one.serial, "issued_on": one.issued_on.isoformat(), "amount_minor": one.amount_minor}
            for one in row.advances
        ],
        "net_minor": amounts.net_minor,
        "net_in_words": amount_in_words(amounts.net_minor, run.currency),
    }
    return PaperDraft(TAX_LINE, row.line_id, row.producer_id, run.currency, amounts.net_minor, content)


def _record(
    session: Session,
    *,
    tag: SettlementAudit,
    actor: Actor,
    now: datetime,
    subject_id: UUID,
    after: dict[str, Any],
) -> None:
    audit.record(
        session, tag=tag, actor=actor, now=now, subject_type="tax", subject_id=subject_id, after=after
    )
