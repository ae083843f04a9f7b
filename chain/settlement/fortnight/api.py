"""The dairy as resources: fortnights, zones, readings, quotas, licences, reserve, other income."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.settlement.fortnight import schemas
from chain.settlement.fortnight.models import (
    BankFeeRow,
    MilkQuota,
    MilkReserve,
    MilkZone,
    OtherIncomeRow,
    TaxLicence,
)
from chain.settlement.fortnight.queries import pages as queries
from chain.settlement.fortnight.queries.facts import zones_of
from chain.settlement.fortnight.services import terms
from chain.settlement.fortnight.services.importing import import_table
from chain.settlement.fortnight.services.one_offs import add_bank_fee, add_income
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.zones import (
    Reading,
    add_zone,
    record_readings,
    require_reader,
)
from chain.settlement.fortnight.tables import Table
from chain.settlement.models import SettlementRun
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

KNOWN = "The same id with the same content came before."
dairy = ApiBlueprint(
    "dairy", __name__, url="/dairy", description="A dairy's fortnights and what they rest on."
)


def _stored(
    table: type[Any], data: dict[str, Any], name: str, service: Callable[..., Any]
) -> tuple[Any, int]:
    """Run a service that takes the client's id under a name; 200 when the id was known."""
    key = data.pop("id")
    with atomic() as session:
        is_known = session.get(table, key) is not None
        row = service(session, actor=g.actor, now=utc_now(), **{name: key}, **data)
    return row, 200 if is_known else 201


def _listed(read: Callable[[Session, Any, Any], Any], args: dict[str, Any]) -> dict[str, Any]:
    return page_answer(read(db.session, g.actor, page_request(args)), lambda one: getattr(one, "row", one))


@dairy.post("/fortnights")
@dairy.arguments(schemas.DairyFortnightSchema)
@dairy.response(201, schemas.DairyFortnightSchema)
@dairy.alt_response(200, schema=schemas.DairyFortnightSchema, description=KNOWN)
@permission_required(Permission.RUNS_PREPARE)
def fortnight_prepare(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Prepare the settlement of a fortnight; its lines and items are those of the run with this id."""
    run, status = _stored(SettlementRun, data, "run_id", prepare_fortnight_run)
    found = {
        "id": run.id,
        "first_day": run.period_from,
        "number": run.number,
        "state": run.state,
        "net_minor": run.net_minor,
    }
    return found, status


@dairy.get("/zones")
@dairy.response(200, schemas.MilkZoneSchema(many=True))
@permission_required(Permission.RUNS_READ)
def zone_list() -> Any:
    """List the zones by code."""
    return zones_of(db.session, g.actor.org)


@dairy.post("/zones")
@dairy.arguments(schemas.MilkZoneSchema)
@dairy.response(201, schemas.MilkZoneSchema)
@dairy.alt_response(200, schema=schemas.MilkZoneSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def zone_add(data: dict[str, Any]) -> tuple[MilkZone, int]:
    """Add a zone."""
    return _stored(MilkZone, data, "zone_id", add_zone)


@dairy.get("/readings")
@dairy.arguments(PageArgs, location="query")
@dairy.response(200, page_schema(schemas.ScaleReadingSchema))
@sign_in_required
def scale_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the scale readings; sort by day."""
    require_reader(g.actor)
    return _listed(queries.list_readings, args)


@dairy.post("/readings")
@dairy.arguments(schemas.ScaleReadingsSchema)
@dairy.response(200, schemas.ScaleReadingSchema(many=True))
@sign_in_required
def scale_record(data: dict[str, Any]) -> Any:
    """Record scale readings; the same ones again change nothing."""
    readings = [Reading(**one) for one in data["readings"]]
    with atomic() as session:
        return record_readings(session, actor=g.actor, now=utc_now(), readings=readings)


@dairy.get("/quotas")
@dairy.arguments(PageArgs, location="query")
@dairy.response(200, page_schema(schemas.MilkQuotaSchema))
@permission_required(Permission.RUNS_READ)
def milk_quota_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the quotas; sort by valid_from."""
    return _listed(queries.list_quotas, args)


@dairy.post("/quotas")
@dairy.arguments(schemas.MilkQuotaSchema)
@dairy.response(201, schemas.MilkQuotaSchema)
@dairy.alt_response(200, schema=schemas.MilkQuotaSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def milk_quota_set(data: dict[str, Any]) -> tuple[MilkQuota, int]:
    """Give a producer a quota."""
    return _stored(MilkQuota, data, "quota_id", terms.set_quota)


@dairy.get("/licences")
@dairy.arguments(PageArgs, location="query")
@dairy.response(200, page_schema(schemas.TaxLicenceSchema))
@permission_required(Permission.RUNS_READ)
def tax_licence_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the tax licences; sort by valid_from."""
    return _listed(queries.list_licences, args)


@dairy.post("/licences")
@dairy.arguments(schemas.TaxLicenceSchema)
@dairy.response(201, schemas.TaxLicenceSchema)
@dairy.alt_response(200, schema=schemas.TaxLicenceSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def tax_licence_add(data: dict[str, Any]) -> tuple[TaxLicence, int]:
    """Note a producer's tax licence."""
    return _stored(TaxLicence, data, "licence_id", terms.add_licence)


@dairy.get("/reserves")
@dairy.arguments(PageArgs, location="query")
@dairy.response(200, page_schema(schemas.MilkReserveSchema))
@permission_required(Permission.RUNS_READ)
def milk_reserve_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the reserve fractions; sort by valid_from."""
    return _listed(queries.list_reserves, args)


@dairy.post("/reserves")
@dairy.arguments(schemas.MilkReserveSchema)
@dairy.response(201, schemas.MilkReserveSchema)
@dairy.alt_response(200, schema=schemas.MilkReserveSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def milk_reserve_set(data: dict[str, Any]) -> tuple[MilkReserve, int]:
    """Set which part of the weighed milk is kept back."""
    return _stored(MilkReserve, data, "reserve_id", terms.set_reserve)


@dairy.get("/other-incomes")
@dairy.arguments(PageArgs, location="query")
@dairy.response(200, page_schema(schemas.OtherIncomeSchema))
@permission_required(Permission.RUNS_READ)
def other_income_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the other incomes; sort by dated_on."""
    return _listed(queries.list_incomes, args)


@dairy.post("/other-incomes")
@dairy.arguments(schemas.OtherIncomeSchema)
@dairy.response(201, schemas.OtherIncomeSchema)
@dairy.alt_response(200, schema=schemas.OtherIncomeSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def other_income_add(data: dict[str, Any]) -> tuple[OtherIncomeRow, int]:
    """Note money for a producer that is no milk."""
    return _stored(OtherIncomeRow, data, "income_id", add_income)


@dairy.get("/bank-fees")
@dairy.arguments(PageArgs, location="query")
@dairy.response(200, page_schema(schemas.MilkBankFeeSchema))
@permission_required(Permission.RUNS_READ)
def bank_fee_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the fees of the bank; sort by dated_on."""
    return _listed(queries.list_bank_fees, args)


@dairy.post("/bank-fees")
@dairy.arguments(schemas.MilkBankFeeSchema)
@dairy.response(201, schemas.MilkBankFeeSchema)
@dairy.alt_response(200, schema=schemas.MilkBankFeeSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def bank_fee_add(data: dict[str, Any]) -> tuple[BankFeeRow, int]:
    """Note what the bank took for paying a producer."""
    return _stored(BankFeeRow, data, "fee_id", add_bank_fee)


@dairy.post("/imports")
@dairy.arguments(schemas.DairyImportSchema)
@dairy.response(200, schemas.DairyImportReportSchema)
@sign_in_required
def table_take(data: dict[str, Any]) -> dict[str, Any]:
    """Bring in a file of one table, all of it or nothing; the same file again adds nothing.

    What cannot be used is named by file, line and column under `errors.file`.
    """
    table = Table(data["table"])
    try:
        content = base64.b64decode(data["content"], validate=True)
    except (binascii.Error, ValueError):
        content = b""  # refused as a file that cannot be used
    with atomic() as session:
        found = import_table(
            session,
            actor=g.actor,
            now=utc_now(),
            table=table,
            content=content,
            name=f"{table.value}.csv",
            dry_run=data["dry_run"],
        )
    return {
        "table": table.value,
        "rows": found.rows,
        "added": found.added,
        "dry_run": data["dry_run"],
    }
