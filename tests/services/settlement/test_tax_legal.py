"""Tax papers from a run: off until an accountant confirms, own series, checks in advance, voids, reversal, files."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.papers.models import Paper
from chain.papers.rules import PaperKind, serial
from chain.papers.services.voiding import void_paper
from chain.producers.models import Producer
from chain.settlement.errors import TaxPapersStand
from chain.settlement.legal.errors import BadTaxSetting, TaxPapersOff, TaxRunNotInBooks, TaxSettingConfirmed
from chain.settlement.legal.export import tax_csv, tax_records
from chain.settlement.legal.models import TaxSetting
from chain.settlement.legal.queries import tax_preview
from chain.settlement.legal.rules import TaxKind
from chain.settlement.legal.services import confirm_setting, enter_setting, issue_tax_papers, record_tax_fact
from chain.settlement.models import SettlementRun
from chain.settlement.services.reversing import reverse_run
from tests.support.cast import Cast
from tests.support.settling import Member, book, prepare_sale, sold_lots
from tests.support.tax import FIRST_DAY, complete, confirm_peru, withhold

Sold = tuple[SettlementRun, list[Member]]


@pytest.fixture
def sold(session: Session, cast: Cast, now: datetime) -> Sold:
    withhold(session, cast, now)
    sale, members = sold_lots(session, [[2000], [3000], [500]])
    return book(session, cast, now, prepare_sale(session, cast, now, sale)), members


def issue(session: Session, cast: Cast, now: datetime, run: SettlementRun) -> list[Paper]:
    return issue_tax_papers(session, actor=cast.accountant.actor, now=now, run_id=run.id).papers


def test_nothing_is_issued_until_each_setting_is_confirmed(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, _ = sold
    with pytest.raises(TaxPapersOff):
        issue(session, cast, now, run)
    setting = enter_setting(
        session, actor=cast.accountant.actor, now=now, setting_id=new_id(), kind=TaxKind.INCOME, value=150,
        valid_from=FIRST_DAY, source="R.S. 234-2005",
    )  # fmt: skip
    missing = tax_preview(session, cast.accountant.actor, run.id, now.date()).missing
    assert TaxKind.INCOME in missing
    confirm_setting(session, actor=cast.accountant.actor, now=now, setting_id=setting.id)
    missing = tax_preview(session, cast.accountant.actor, run.id, now.date()).missing
    assert TaxKind.INCOME not in missing
    with pytest.raises(TaxSettingConfirmed):
        confirm_setting(session, actor=cast.accountant.actor, now=now, setting_id=setting.id)
    with pytest.raises(TaxPapersOff):
        issue(session, cast, now, run)


def test_without_its_own_ruc_the_organisation_issues_none(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now)
    complete(session, cast, now, members[0])
    session.get_one(Organisation, cast.centre.id).tax_id = "2044812345"
    session.flush()
    with pytest.raises(TaxPapersOff, match="RUC of the organisation"):
        issue(session, cast, now, run)


def test_complete_sellers_get_papers_of_a_series_of_their_own_and_the_others_wait(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now)
    complete(session, cast, now, members[0])
    complete(session, cast, now, members[1], has_tax_number=True)
    (paper,) = issue(session, cast, now, run)
    assert (paper.kind, serial(paper.series, paper.number)) == (
        PaperKind.PURCHASE_LIQUIDATION,
        "L001-00000001",
    )
    content = paper.content
    assert content["document_type"] == "04"
    assert content["taxes"][1]["amount_minor"] == (content["value_minor"] * 150 + 5000) // 10_000
    assert paper.amount_minor == content["value_minor"] - content["taxes"][1]["amount_minor"]
    assert issue(session, cast, now, run) == []
    complete(session, cast, now, members[2])
    (later,) = issue(session, cast, now, run)
    assert later.number == 2


def test_who_prints_takes_a_settlement_back_once_its_tax_papers_are_void(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now)
    complete(session, cast, now, members[0])
    (paper,) = issue(session, cast, now, run)
    void_paper(session, actor=cast.accountant.actor, now=now, paper_id=paper.id, reason="Precio equivocado")
    undone = reverse_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id, reason="Precio malo")
    assert undone.state == "prepared"


def test_the_same_id_with_other_content_is_refused_and_with_the_same_changes_nothing(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    _, members = sold
    setting: dict[str, Any] = {
        "actor": cast.accountant.actor, "setting_id": new_id(), "kind": TaxKind.IGV, "value": 1_800, "valid_from": FIRST_DAY,
        "source": "TUO de la ley del IGV ",
    }  # fmt: skip
    made = enter_setting(session, now=now, **setting)
    assert enter_setting(session, now=now + timedelta(hours=1), **setting) is made
    assert made.entered_at == now
    for change in ({"value": 1_700}, {"kind": TaxKind.IT}, {"source": "otra"}, {"commodity": "raw-milk"}):
        with pytest.raises(IdempotencyConflict):
            enter_setting(session, now=now, **setting | change)
    with pytest.raises(IdempotencyConflict):
        enter_setting(session, now=now, **setting | {"actor": cast.outsider.actor})
    fact: dict[str, Any] = {
        "actor": cast.accountant.actor, "fact_id": new_id(), "producer_id": members[0].id, "valid_from": FIRST_DAY,
        "address": "Palca", "ubigeo": "210701",
    }  # fmt: skip
    noted = record_tax_fact(session, now=now, **fact)
    assert record_tax_fact(session, now=now, **fact) is noted
    for other in ({"address": "Lampa"}, {"producer_id": members[1].id}, {"has_tax_number": False}):
        with pytest.raises(IdempotencyConflict):
            record_tax_fact(session, now=now, **fact | other)


def test_the_year_of_a_seller_has_a_limit_and_voided_papers_do_not_count(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now, uit=10_000, uit_limit=1)
    for member in members:
        complete(session, cast, now, member)
    preview = tax_preview(session, cast.accountant.actor, run.id, now.date())
    over = [row for row in preview.rows if row.problems]
    assert over
    assert all(row.amounts is not None and row.amounts.value_minor > 10_000 for row in over)


def test_a_void_makes_room_for_the_next_number_and_a_reversal_voids_all(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now)
    for member in members:
        complete(session, cast, now, member)
    papers = issue(session, cast, now, run)
    assert [paper.number for paper in papers] == [1, 2, 3]
    with pytest.raises(Forbidden):
        void_paper(session, actor=cast.treasurer.actor, now=now, paper_id=papers[0].id, reason="Nombre malo")
    void_paper(
        session, actor=cast.accountant.actor, now=now, paper_id=papers[0].id, reason="Nombre equivocado"
    )
    (again,) = issue(session, cast, now, run)
    assert again.number == 4
    with pytest.raises(TaxPapersStand, match="3 tax papers"):
        reverse_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id, reason="Precio equivocado")
    reverse_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Precio equivocado")
    session.expire_all()
    standing = select(Paper).where(Paper.series == "L001", Paper.voided_at.is_(None))
    assert session.scalars(standing).all() == []


def test_the_file_says_the_fields_of_the_portal(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now)
    for kind, value in ((TaxKind.OPERATION, 501), (TaxKind.AFFECTATION, 20)):
        setting = enter_setting(
            session, actor=cast.accountant.actor, now=now, setting_id=new_id(), kind=kind, value=value,
            valid_from=FIRST_DAY, source="Carta del contador",
        )  # fmt: skip
        confirm_setting(session, actor=cast.accountant.actor, now=now, setting_id=setting.id)
    complete(session, cast, now, members[0])
    papers = issue(session, cast, now, run)
    (record,) = tax_records(papers)
    assert (record["operation_type"], record["igv_affectation"]) == ("0501", "20")
    assert (record["line"], record["description"]) == (1, "Fibra de alpaca")
    assert Decimal(record["unit_value"]) * 2 == Decimal(record["value"]) == Decimal(record["subtotal"])
    assert record["unit_price"] == record["unit_value"]
    assert (record["document_type"], record["seller_document_type"], record["unit_code"]) == (
        "04",
        "1",
        "KGM",
    )
    assert (record["seller_ubigeo"], record["place_ubigeo"], record["quantity"]) == (
        "210701",
        "210701",
        "2.000",
    )
    text = tax_csv(papers)
    assert text.endswith(",false\r\n"), "not voided"
    assert text.count("\r\n") == 2
    assert record["net"] in text


def test_codes_that_nobody_confirmed_stay_empty_and_a_foreigner_gets_a_paper(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    confirm_peru(session, cast, now)
    complete(session, cast, now, members[0])
    producer = session.get_one(Producer, members[0].id)
    producer.document_kind, producer.document_number = "foreigner_card", "001234567"
    session.flush()
    for kind, value in ((TaxKind.OPERATION, 10_000), (TaxKind.AFFECTATION, 100)):
        with pytest.raises(BadTaxSetting):
            enter_setting(
                session, actor=cast.accountant.actor, now=now, setting_id=new_id(), kind=kind, value=value,
                valid_from=FIRST_DAY, source="Carta del contador",
            )  # fmt: skip
    (record,) = tax_records(issue(session, cast, now, run))
    assert (record["operation_type"], record["igv_affectation"]) == (None, None)
    assert (record["seller_document_type"], record["seller_document"]) == ("4", "001234567")


def test_who_may_not_confirm_taxes_does_nothing_here(
    session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, _ = sold
    with pytest.raises(Forbidden):
        issue_tax_papers(session, actor=cast.clerk.actor, now=now, run_id=run.id)
    with pytest.raises(NotFound):
        issue_tax_papers(session, actor=cast.outsider.actor, now=now, run_id=run.id)
    confirm_peru(session, cast, now)
    one = session.scalars(select(TaxSetting)).first()
    assert one is not None
    with pytest.raises(NotFound):
        confirm_setting(session, actor=cast.outsider.actor, now=now, setting_id=one.id)


def test_a_run_must_be_in_the_books(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[2000]])
    run = prepare_sale(session, cast, now, sale)
    with pytest.raises(TaxRunNotInBooks):
        issue_tax_papers(session, actor=cast.accountant.actor, now=now, run_id=run.id)


def test_a_settlement_that_took_off_no_tax_gets_no_paper_that_says_so(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, (ana,) = sold_lots(session, [[2000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    confirm_peru(session, cast, now)
    complete(session, cast, now, ana)
    assert issue(session, cast, now, run) == []
    (row,) = tax_preview(session, cast.accountant.actor, run.id, now.date()).rows
    assert "and the settlement took off" in str(row.problems[0])
