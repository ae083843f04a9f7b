"""What a producer reads on the own page when rules, prices and debts change: whole sentences with the amounts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.outbox import run_next
from chain.dues.services.rules import set_deduction, set_recovery_cap
from chain.pricing.models import PriceVersion
from chain.pricing.services.states import withdraw_version
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.pricing import add_milk
from tests.support.settling import (
    add_advance,
    add_lot,
    add_members,
    add_price,
    add_sale,
    book,
    prepare_sale,
)
from tests.web.settlement.test_settlement_pages import text_of

DECIDED: dict[str, Any] = {"valid_from": date(2026, 4, 1), "decided_by": "Asamblea"}


def test_changes_of_deductions_and_prices_are_read_with_before_and_after(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1, user_id=cast.producer.id)
    actor = cast.accountant.actor
    sale = add_sale(session, [add_lot(session, member, 10_000)])
    book(session, cast, now, prepare_sale(session, cast, now, sale))
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 31))
    while run_next(session, now=now):
        pass
    add_milk(session, member, date(2026, 3, 10), litres=40)
    add_advance(session, cast, now, member, 5_000)
    set_deduction(
        session, actor=actor, now=now, rule_id=new_id(), name="Aporte", basis_points=250, valid_to=None, **DECIDED
    )  # fmt: skip
    set_recovery_cap(session, actor=actor, now=now, cap_id=new_id(), left_basis_points=4_000, **DECIDED)
    version = session.scalars(select(PriceVersion)).one()
    withdraw_version(
        session, actor=cast.treasurer.actor, now=now, version_id=version.id, reason="Se tecleó mal"
    )
    while run_next(session, now=now):
        pass
    sign_in(client, cast.producer)
    page = text_of(client.get("/my/income"))
    for told in (
        "Adelanto en dinero, S/ 50.00 (Esquila 1). En total debe S/ 50.00; antes, S/ 0.00.",
        "Aporte: desde el 1 abr 2026 se descuenta de sus pagos: 2.5 % del monto; antes: nada. Lo decidió: Asamblea.",
        "De un pago como el último suyo, S/ 450.00, son S/ 11.25 en lugar de S/ 0.00.",
        "le queda al menos el 40 % de cada pago, deba lo que deba; antes, el 20 %.",
        "le quedan al menos S/ 180.00 en lugar de S/ 90.00.",
        "se retiró el precio que valía desde el 1 mar 2026 (S/ 1.75 por litro); ahora: ninguno fijado. Motivo: Se tecleó mal.",
        "(entregas: 1, hasta ahora S/ 70.00) espera otro precio.",
    ):
        assert told in page
    listed = client.get("/api/v1/income/me/notices", headers=bearer(cast.producer)).json
    assert listed is not None
    assert listed["total"] == 4
    debt = next(one for one in listed["items"] if "Adelanto" in one["text"])
    assert (debt["before_minor"], debt["after_minor"], debt["currency"], debt["read_at"]) == (
        0,
        5_000,
        "PEN",
        None,
    )
    read = client.post(f"/api/v1/income/me/notices/{debt['id']}/read", headers=bearer(cast.producer))
    assert read.status_code == 200
    assert "Adelanto en dinero" in text_of(client.get("/my/notices"))
    assert client.get("/api/v1/income/me/notices", headers=bearer(cast.clerk)).status_code == 403
    assert (
        client.post(f"/api/v1/income/me/notices/{new_id()}/read", headers=bearer(cast.producer)).status_code
        == 404
    )
