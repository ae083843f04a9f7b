"""Tax settings, what producers showed for taxes, and tax papers as resources."""

from typing import Any
from uuid import UUID

from flask import g
from marshmallow import fields, validate

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.settlement.legal.export import tax_records
from chain.settlement.legal.models import ProducerTaxFact, TaxSetting
from chain.settlement.legal.queries import list_settings, tax_papers_of_run, tax_preview
from chain.settlement.legal.rules import AddressKind, TaxKind
from chain.settlement.legal.services import (
    MAX_VALUE,
    confirm_setting,
    enter_setting,
    issue_tax_papers,
    record_tax_fact,
)
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, ClientId, Schema
from chain.web.i18n import gettext

blueprint = ApiBlueprint(
    "tax_papers", __name__, url="/tax", description="Tax papers for producers without a tax number."
)
KNOWN = "It was entered before, with the same content."
_word = validate.Length(max=200)


class NewTaxSettingSchema(Schema):
    """A rate (basis points), limit (minor units or a count) or place (ubigeo) from a day on."""

    id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in TaxKind]))
    value = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_VALUE))
    text = fields.String(load_default=None, allow_none=True, validate=_word)
    commodity = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    valid_from = fields.Date(required=True)
    source = fields.String(required=True, validate=validate.Length(min=3, max=200))


class TaxSettingSchema(Schema):
    """A setting; it counts from its confirmation."""

    id = fields.UUID()
    kind = fields.String()
    value = fields.Integer()
    text = fields.String(allow_none=True)
    commodity = fields.String(allow_none=True)
    valid_from = fields.Date()
    source = fields.String()
    entered_at = fields.AwareDateTime()
    confirmed_at = fields.AwareDateTime(allow_none=True)
    confirmed_by = fields.UUID(allow_none=True)


class TaxSettingListSchema(Schema):
    """All settings."""

    items = fields.List(fields.Nested(TaxSettingSchema))


class NewTaxFactSchema(Schema):
    """What a producer showed for taxes, from a day on."""

    id = ClientId(required=True)
    producer_id = fields.UUID(required=True)
    valid_from = fields.Date(required=True)
    address = fields.String(load_default=None, allow_none=True, validate=validate.Length(3, 250))
    ubigeo = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"[0-9]{6}\Z"))
    address_kind = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf([one.value for one in AddressKind])
    )
    has_tax_number = fields.Boolean(load_default=None, allow_none=True)
    rau_number = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    rau_valid_to = fields.Date(load_default=None, allow_none=True)


class TaxFactSchema(Schema):
    """What was noted."""

    id = fields.UUID()
    producer_id = fields.UUID()
    valid_from = fields.Date()


class TaxRowSchema(Schema):
    """A producer of a run: what the paper says or would say, and what it lacks."""

    producer_id = fields.UUID()
    member_code = fields.String()
    paper_id = fields.UUID(allow_none=True)
    value_minor = fields.Integer(allow_none=True)
    net_minor = fields.Integer(allow_none=True)
    withheld_minor = fields.Integer()
    taken_minor = fields.Integer()
    problems = fields.List(fields.String())


class TaxPapersSchema(Schema):
    """The tax papers of a run, not sent to any tax office from here."""

    missing = fields.List(fields.String())
    rows = fields.List(fields.Nested(TaxRowSchema))
    papers = fields.List(fields.Dict())


@blueprint.get("/settings")
@blueprint.response(200, TaxSettingListSchema)
@permission_required(Permission.TAXES_CONFIRM)
def setting_list() -> dict[str, Any]:
    """List the settings; those without confirmed_at are off."""
    return {"items": [one for one, _, _ in list_settings(db.session, g.actor.org)]}


@blueprint.post("/settings")
@blueprint.arguments(NewTaxSettingSchema)
@blueprint.response(201, TaxSettingSchema)
@blueprint.alt_response(200, schema=TaxSettingSchema, description=KNOWN)
@permission_required(Permission.TAXES_CONFIRM)
def setting_enter(body: dict[str, Any]) -> tuple[TaxSetting, int]:
    """Enter a rate, limit or place; it counts when it is confirmed."""
    with atomic() as session:
        values = {key: body[key] for key in ("value", "text", "commodity", "valid_from", "source")}
        is_known = session.get(TaxSetting, body["id"]) is not None
        setting = enter_setting(
            session, actor=g.actor, now=utc_now(), setting_id=body["id"], kind=TaxKind(body["kind"]), **values
        )
    return setting, 200 if is_known else 201


@blueprint.post("/settings/<uuid:setting_id>/confirm")
@blueprint.response(200, TaxSettingSchema)
@permission_required(Permission.TAXES_CONFIRM)
def setting_confirm(setting_id: UUID) -> TaxSetting:
    """Confirm a setting, as the accountant."""
    with atomic() as session:
        return confirm_setting(session, actor=g.actor, now=utc_now(), setting_id=setting_id)


@blueprint.post("/producer-facts")
@blueprint.arguments(NewTaxFactSchema)
@blueprint.response(201, TaxFactSchema)
@blueprint.alt_response(200, schema=TaxFactSchema, description=KNOWN)
@permission_required(Permission.TAXES_CONFIRM)
def fact_record(body: dict[str, Any]) -> tuple[ProducerTaxFact, int]:
    """Note what a producer showed for taxes, from a day on."""
    kind = body.pop("address_kind")
    with atomic() as session:
        is_known = session.get(ProducerTaxFact, body["id"]) is not None
        fact = record_tax_fact(
            session,
            actor=g.actor,
            now=utc_now(),
            fact_id=body.pop("id"),
            address_kind=AddressKind(kind) if kind else None,
            **body,
        )
    return fact, 200 if is_known else 201


@blueprint.get("/runs/<uuid:run_id>/papers")
@blueprint.response(200, TaxPapersSchema)
@permission_required(Permission.TAXES_CONFIRM)
def paper_rows(run_id: UUID) -> dict[str, Any]:
    """Return the tax papers of a run, those that could be issued, and what the others lack."""
    return _answer(run_id)


@blueprint.post("/runs/<uuid:run_id>/papers")
@blueprint.response(200, TaxPapersSchema)
@permission_required(Permission.TAXES_CONFIRM)
def papers_issue(run_id: UUID) -> dict[str, Any]:
    """Issue the tax papers that lack nothing; a second call issues those whose facts came later."""
    with atomic() as session:
        issue_tax_papers(session, actor=g.actor, now=utc_now(), run_id=run_id)
    return _answer(run_id)


def _answer(run_id: UUID) -> dict[str, Any]:
    house = get_own_organisation(db.session, g.actor)
    preview = tax_preview(db.session, g.actor, run_id, local_date(utc_now(), house.timezone))
    return {
        "missing": (["ruc"] if preview.house_lacks else []) + [kind.value for kind in preview.missing],
        "rows": [
            {
                "producer_id": row.producer_id,
                "member_code": row.member_code,
                "paper_id": row.paper.id if row.paper else None,
                "value_minor": row.amounts.value_minor if row.amounts else None,
                "net_minor": row.amounts.net_minor if row.amounts else None,
                "withheld_minor": row.held_minor,
                "taken_minor": row.taken_minor,
                "problems": [gettext(one) for one in row.problems],
            }
            for row in preview.rows
        ],
        "papers": tax_records(tax_papers_of_run(db.session, g.actor, run_id)),
    }
