"""JSON resources of pricing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g
from marshmallow import fields

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import Page
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.pages import local_today
from chain.pricing.queries.preview import preview
from chain.pricing.queries.schemes import (
    FlatPrice,
    SchemeRow,
    get_scheme_for,
    get_version_for,
    list_flat_prices,
    list_schemes,
    versions_of,
)
from chain.pricing.queries.spans import span_of
from chain.pricing.rules.documents import content_of
from chain.pricing.schemas import (
    ActivationSchema,
    ChangedVersionSchema,
    EndOfVersionSchema,
    PricePreviewSchema,
    PriceSchema,
    PriceSchemeSchema,
    PriceVersionSchema,
    WithdrawalSchema,
)
from chain.pricing.services.flat import set_price
from chain.pricing.services.schemes import change_version, create_scheme, discard_draft, write_version
from chain.pricing.services.states import activate_version, end_version, withdraw_version
from chain.pricing.wording import describe
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, Schema, page_answer, page_request, page_schema

prices = ApiBlueprint(
    "period_prices",
    __name__,
    url="/period-prices",
    description="One price per kilogram or litre for some days.",
)
schemes = ApiBlueprint(
    "price_schemes", __name__, url="/price-schemes", description="Price lists and their versions."
)
versions = ApiBlueprint(
    "price_versions",
    __name__,
    url="/price-versions",
    description="What is paid from a day on, frozen once in force.",
)
blueprints: list[ApiBlueprint] = [prices, schemes, versions]

KNOWN = "The same id with the same content came before."


class WordsSchema(Schema):
    """A version in plain words."""

    sentences = fields.List(fields.String())


class VersionListSchema(Schema):
    """The versions of a price list, the newest first."""

    items = fields.List(fields.Nested(PriceVersionSchema))


@prices.get("")
@prices.arguments(PageArgs, location="query")
@prices.response(200, page_schema(PriceSchema))
@permission_required(Permission.RUNS_READ)
def price_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the prices that hold for everything; sort by valid_from."""
    return page_answer(list_flat_prices(db.session, g.actor, page_request(args)))


@prices.post("")
@prices.arguments(PriceSchema)
@prices.response(201, PriceSchema)
@prices.alt_response(200, schema=PriceSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def price_set(data: dict[str, Any]) -> tuple[FlatPrice, int]:
    """Set one price for a span of days."""
    with atomic() as session:
        is_known = session.get(PriceVersion, data["id"]) is not None
        price = set_price(session, actor=g.actor, now=utc_now(), price_id=data.pop("id"), **data)
    return price, 200 if is_known else 201


@schemes.get("")
@schemes.arguments(PageArgs, location="query")
@schemes.response(200, page_schema(PriceSchemeSchema))
@permission_required(Permission.RUNS_READ)
def scheme_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the price lists; sort by name or key."""
    page: Page[SchemeRow] = list_schemes(db.session, g.actor, page_request(args), local_today())
    return page_answer(page, lambda row: row.scheme)


@schemes.post("")
@schemes.arguments(PriceSchemeSchema)
@schemes.response(201, PriceSchemeSchema)
@schemes.alt_response(200, schema=PriceSchemeSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def scheme_create(data: dict[str, Any]) -> tuple[PriceScheme, int]:
    """Open a price list for a product."""
    with atomic() as session:
        is_known = session.get(PriceScheme, data["id"]) is not None
        scheme = create_scheme(session, actor=g.actor, now=utc_now(), scheme_id=data.pop("id"), **data)
    return scheme, 200 if is_known else 201


@schemes.get("/<uuid:scheme_id>/versions")
@schemes.response(200, VersionListSchema)
@permission_required(Permission.RUNS_READ)
def version_list(scheme_id: UUID) -> dict[str, Any]:
    """List the versions of a price list."""
    scheme = get_scheme_for(db.session, g.actor, scheme_id)
    return {"items": versions_of(db.session, scheme.id)}


@schemes.post("/<uuid:scheme_id>/versions")
@schemes.arguments(PriceVersionSchema)
@schemes.response(201, PriceVersionSchema)
@schemes.alt_response(200, schema=PriceVersionSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def version_write(data: dict[str, Any], scheme_id: UUID) -> tuple[PriceVersion, int]:
    """Write a draft of the next version."""
    with atomic() as session:
        is_known = session.get(PriceVersion, data["id"]) is not None
        version = write_version(
            session,
            actor=g.actor,
            now=utc_now(),
            version_id=data.pop("id"),
            scheme_id=scheme_id,
            **_values(data),
        )
    return version, 200 if is_known else 201


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "content": content_of(data["content"])}


@versions.get("/<uuid:version_id>")
@versions.response(200, PriceVersionSchema)
@permission_required(Permission.RUNS_READ)
def version_detail(version_id: UUID) -> PriceVersion:
    """Return a version with everything that it says."""
    return get_version_for(db.session, g.actor, version_id)[1]


@versions.put("/<uuid:version_id>")
@versions.arguments(ChangedVersionSchema)
@versions.response(200, PriceVersionSchema)
@permission_required(Permission.PRICES_WRITE)
def version_change(data: dict[str, Any], version_id: UUID) -> PriceVersion:
    """Write a draft anew; a version that was in force is refused."""
    with atomic() as session:
        return change_version(session, actor=g.actor, now=utc_now(), version_id=version_id, **_values(data))


@versions.delete("/<uuid:version_id>")
@versions.response(204)
@permission_required(Permission.PRICES_WRITE)
def version_discard(version_id: UUID) -> None:
    """Throw a draft away."""
    with atomic() as session:
        discard_draft(session, actor=g.actor, now=utc_now(), version_id=version_id)


@versions.post("/<uuid:version_id>/activate")
@versions.arguments(ActivationSchema)
@versions.response(200, PriceVersionSchema)
@permission_required(Permission.PRICES_WRITE)
def version_activate(data: dict[str, Any], version_id: UUID) -> PriceVersion:
    """Put a draft into force; its content is frozen from then on."""
    with atomic() as session:
        return activate_version(session, actor=g.actor, now=utc_now(), version_id=version_id, **data)


@versions.post("/<uuid:version_id>/end")
@versions.arguments(EndOfVersionSchema)
@versions.response(200, PriceVersionSchema)
@permission_required(Permission.PRICES_WRITE)
def version_end(data: dict[str, Any], version_id: UUID) -> PriceVersion:
    """Set the last day of a version in force."""
    with atomic() as session:
        return end_version(session, actor=g.actor, now=utc_now(), version_id=version_id, **data)


@versions.post("/<uuid:version_id>/withdraw")
@versions.arguments(WithdrawalSchema)
@versions.response(200, PriceVersionSchema)
@permission_required(Permission.RUNS_READ)
def version_withdraw(data: dict[str, Any], version_id: UUID) -> PriceVersion:
    """Take a wrong version back; it prices nothing any more."""
    with atomic() as session:
        return withdraw_version(session, actor=g.actor, now=utc_now(), version_id=version_id, **data)


@versions.get("/<uuid:version_id>/words")
@versions.response(200, WordsSchema)
@permission_required(Permission.RUNS_READ)
def version_words(version_id: UUID) -> dict[str, Any]:
    """Return a version in plain words, in the reader's language."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    return {"sentences": describe(span_of(scheme, version), g.language)}


@versions.get("/<uuid:version_id>/preview")
@versions.arguments(PageArgs, location="query")
@versions.response(200, page_schema(PricePreviewSchema))
@permission_required(Permission.RUNS_READ)
def version_preview(args: dict[str, Any], version_id: UUID) -> dict[str, Any]:
    """Return what each producer's last three deliveries would pay by a version."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    organisation = get_own_organisation(db.session, g.actor)
    found = preview(db.session, organisation, scheme.commodity, span_of(scheme, version))
    return page_answer(found.page(page_request(args)))
