"""JSON resources of negotiation: offers, lots open to offers, samples."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.lots.queries.wanted import WantedLots
from chain.negotiation import services
from chain.negotiation.edge import accept_and_tell
from chain.negotiation.models import Offer, SampleRequest
from chain.negotiation.queries.offers import get_offer_for, list_offers, steps_of
from chain.negotiation.queries.open_lots import open_lots
from chain.negotiation.queries.samples import get_sample_for, list_samples
from chain.negotiation.rules import Line, OfferState, Terms
from chain.negotiation.sample_rules import SampleState
from chain.negotiation.schemas import (
    AcceptOfferSchema,
    CounterOfferSchema,
    HideLotsSchema,
    NewOfferSchema,
    NewSampleSchema,
    OfferArgs,
    OfferLogEntrySchema,
    OfferSchema,
    OfferStepSchema,
    OpenLotArgs,
    OpenLotSchema,
    RefuseOfferSchema,
    SampleArgs,
    SampleJudgementSchema,
    SampleReasonSchema,
    SendSampleSchema,
    SentSampleSchema,
    ShowLotsSchema,
    ShownLotCountSchema,
    WithdrawOfferSchema,
)
from chain.sales.queries.log import log_of
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

offers = ApiBlueprint(
    "offers",
    __name__,
    url="/offers",
    description="Offers and counter-offers between one seller and one buyer.",
)
lots = ApiBlueprint(
    "open_lots", __name__, url="/open-lots", description="Lots that sellers show outside of events."
)
samples = ApiBlueprint("samples_asked", __name__, url="/sample-requests", description="Samples for buyers.")
blueprints = [offers, lots, samples]
#: The order of what was said never changes.
STEP_SORT: dict[str, Callable[[Any], Any]] = {"sequence": lambda one: one.sequence}


def _terms(data: dict[str, Any]) -> Terms:
    """Take the terms out of parsed data."""
    names = ("freight", "payment_days", "is_firm", "expires_at")
    values = {name: data.pop(name) for name in names}
    note = (data.pop("note") or "").replace("\x00", "").strip() or None
    return Terms(lines=tuple(Line(**line) for line in data.pop("lines")), note=note, **values)


@offers.get("")
@offers.arguments(OfferArgs, location="query")
@offers.response(200, page_schema(OfferSchema))
@sign_in_required
def offer_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the offers of the organisation, as seller or as buyer, the one that changed last on top."""
    state = OfferState(args["state"]) if args["state"] else None
    found = list_offers(
        db.session, g.actor, page_request(args), state=state, mine_to_answer=args["mine_to_answer"]
    )
    return page_answer(found, lambda row: row.offer)


@offers.post("")
@offers.arguments(NewOfferSchema)
@offers.response(201, OfferSchema)
@offers.alt_response(200, schema=OfferSchema, description="The same offer was made before.")
@sign_in_required
def offer_start(data: dict[str, Any]) -> tuple[Offer, int]:
    """Make an offer: a buyer for lots that it is shown, a seller to one buyer. Nothing is reserved."""
    with atomic() as session:
        is_known = session.get(Offer, data["id"]) is not None
        terms = _terms(data)
        offer = services.start_offer(session, actor=g.actor, now=utc_now(), terms=terms, **data)
    return offer, 200 if is_known else 201


@offers.get("/<uuid:offer_id>")
@offers.response(200, OfferSchema)
@sign_in_required
def offer_detail(offer_id: UUID) -> Offer:
    """Return an offer."""
    return get_offer_for(db.session, g.actor, offer_id)


@offers.get("/<uuid:offer_id>/steps")
@offers.arguments(PageArgs, location="query")
@offers.response(200, page_schema(OfferStepSchema))
@sign_in_required
def step_list(args: dict[str, Any], offer_id: UUID) -> dict[str, Any]:
    """List everything that was said, in its order."""
    offer = get_offer_for(db.session, g.actor, offer_id)
    return page_answer(slice_rows(steps_of(db.session, g.actor, offer), page_request(args), STEP_SORT))


@offers.get("/<uuid:offer_id>/log")
@offers.arguments(PageArgs, location="query")
@offers.response(200, page_schema(OfferLogEntrySchema))
@sign_in_required
def log_list(args: dict[str, Any], offer_id: UUID) -> dict[str, Any]:
    """List the lines of the offer's log, each bound to the one before."""
    offer = get_offer_for(db.session, g.actor, offer_id)
    return page_answer(slice_rows(log_of(db.session, offer.id), page_request(args), STEP_SORT))


@offers.post("/<uuid:offer_id>/counter")
@offers.arguments(CounterOfferSchema)
@offers.response(200, OfferSchema)
@sign_in_required
def offer_counter(data: dict[str, Any], offer_id: UUID) -> Offer:
    """Answer with other terms."""
    with atomic() as session:
        terms = _terms(data)
        return services.counter_offer(
            session, actor=g.actor, now=utc_now(), offer_id=offer_id, terms=terms, **data
        )


@offers.post("/<uuid:offer_id>/accept")
@offers.arguments(AcceptOfferSchema)
@offers.response(200, OfferSchema)
@sign_in_required
def offer_accept(data: dict[str, Any], offer_id: UUID) -> Offer:
    """Accept the last terms. With lots gone meanwhile: 409 `offer_lots_gone`, and the offer has ended."""
    return accept_and_tell(
        actor=g.actor, now=utc_now(), step_id=data["id"], offer_id=offer_id, seen=data["seen"]
    )


@offers.post("/<uuid:offer_id>/refuse")
@offers.arguments(RefuseOfferSchema)
@offers.response(200, OfferSchema)
@sign_in_required
def offer_refuse(data: dict[str, Any], offer_id: UUID) -> Offer:
    """Refuse the last terms, with a reason."""
    with atomic() as session:
        return services.refuse_offer(session, actor=g.actor, now=utc_now(), offer_id=offer_id, **data)


@offers.post("/<uuid:offer_id>/withdraw")
@offers.arguments(WithdrawOfferSchema)
@offers.response(200, OfferSchema)
@sign_in_required
def offer_withdraw(data: dict[str, Any], offer_id: UUID) -> Offer:
    """Take the own last proposal back, with a reason."""
    with atomic() as session:
        return services.withdraw_offer(session, actor=g.actor, now=utc_now(), offer_id=offer_id, **data)


@lots.get("")
@lots.arguments(OpenLotArgs, location="query")
@lots.response(200, page_schema(OpenLotSchema))
@sign_in_required
def open_lot_list(args: dict[str, Any]) -> dict[str, Any]:
    """List lots that are open to offers; for a seller the own ones."""
    names = WantedLots.__dataclass_fields__
    filters = WantedLots(**{name: value for name, value in args.items() if name in names})
    return page_answer(open_lots(db.session, g.actor, filters, page_request(args)))


@lots.post("/show")
@lots.arguments(ShowLotsSchema)
@lots.response(200, ShownLotCountSchema)
@permission_required(Permission.TENDERS_WRITE)
def lots_show(data: dict[str, Any]) -> dict[str, int]:
    """Show own lots to buyers, with an asking price or without; again changes the price."""
    with atomic() as session:
        return {"lots": services.show_lots(session, actor=g.actor, now=utc_now(), **data)}


@lots.post("/hide")
@lots.arguments(HideLotsSchema)
@lots.response(200, ShownLotCountSchema)
@permission_required(Permission.TENDERS_WRITE)
def lots_hide(data: dict[str, Any]) -> dict[str, int]:
    """Hide own lots from buyers again."""
    with atomic() as session:
        return {"lots": services.hide_lots(session, actor=g.actor, now=utc_now(), **data)}


@samples.get("")
@samples.arguments(SampleArgs, location="query")
@samples.response(200, page_schema(SentSampleSchema))
@sign_in_required
def sample_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the samples of the organisation, as seller or as buyer."""
    state = SampleState(args["state"]) if args["state"] else None
    found = list_samples(db.session, g.actor, page_request(args), state=state)
    return page_answer(found, lambda row: row.sample)


@samples.post("")
@samples.arguments(NewSampleSchema)
@samples.response(201, SentSampleSchema)
@samples.alt_response(200, schema=SentSampleSchema, description="The same sample was asked for before.")
@permission_required(Permission.BIDS_PLACE)
def sample_ask(data: dict[str, Any]) -> tuple[SampleRequest, int]:
    """Ask for a sample of a lot that the buyer is shown."""
    with atomic() as session:
        is_known = session.get(SampleRequest, data["id"]) is not None
        found = services.ask_sample(session, actor=g.actor, now=utc_now(), **data)
    return found, 200 if is_known else 201


@samples.get("/<uuid:sample_id>")
@samples.response(200, SentSampleSchema)
@sign_in_required
def sample_detail(sample_id: UUID) -> SampleRequest:
    """Return a sample."""
    return get_sample_for(db.session, g.actor, sample_id)


def _sample_step(command: Callable[..., SampleRequest], sample_id: UUID, **inputs: Any) -> SampleRequest:
    with atomic() as session:
        return command(session, actor=g.actor, now=utc_now(), sample_id=sample_id, **inputs)


@samples.post("/<uuid:sample_id>/agree")
@samples.response(200, SentSampleSchema)
@permission_required(Permission.TENDERS_WRITE)
def sample_agree(sample_id: UUID) -> SampleRequest:
    """Agree to send it."""
    return _sample_step(services.agree_sample, sample_id)


@samples.post("/<uuid:sample_id>/refuse")
@samples.arguments(SampleReasonSchema)
@samples.response(200, SentSampleSchema)
@permission_required(Permission.TENDERS_WRITE)
def sample_refuse(data: dict[str, Any], sample_id: UUID) -> SampleRequest:
    """Refuse to send it, with a reason."""
    return _sample_step(services.refuse_sample, sample_id, **data)


@samples.post("/<uuid:sample_id>/withdraw")
@samples.arguments(SampleReasonSchema)
@samples.response(200, SentSampleSchema)
@permission_required(Permission.BIDS_PLACE)
def sample_withdraw(data: dict[str, Any], sample_id: UUID) -> SampleRequest:
    """Take the wish back, with a reason."""
    return _sample_step(services.withdraw_sample, sample_id, **data)


@samples.post("/<uuid:sample_id>/send")
@samples.arguments(SendSampleSchema)
@samples.response(200, SentSampleSchema)
@permission_required(Permission.TENDERS_WRITE)
def sample_send(data: dict[str, Any], sample_id: UUID) -> SampleRequest:
    """Say that it was sent; it gets a code of the laboratory."""
    return _sample_step(services.send_sample, sample_id, **data)


@samples.post("/<uuid:sample_id>/receive")
@samples.response(200, SentSampleSchema)
@permission_required(Permission.BIDS_PLACE)
def sample_receive(sample_id: UUID) -> SampleRequest:
    """Say that it arrived."""
    return _sample_step(services.receive_sample, sample_id)


@samples.post("/<uuid:sample_id>/judge")
@samples.arguments(SampleJudgementSchema)
@samples.response(200, SentSampleSchema)
@permission_required(Permission.BIDS_PLACE)
def sample_judge(data: dict[str, Any], sample_id: UUID) -> SampleRequest:
    """Say what was found; the seller reads it on the lot's page, the producers in one sentence."""
    return _sample_step(services.judge_sample, sample_id, judgement=services.Judgement(**data))
