"""Where the card provider tells what happened. No token: the signature over the raw bytes is the proof."""

from flask import request

from chain.core.clock import utc_now
from chain.core.db import db
from chain.payin.card_edge import card_house, take_notice
from chain.payin.errors import BadNotice, NoticeTooLarge
from chain.payin.provider import MAX_NOTICE_BYTES
from chain.payin.schemas import NoticeTakenSchema
from chain.web.api import ApiBlueprint

blueprint = ApiBlueprint(
    "payin_webhooks", __name__, url="/webhooks/stripe", description="Notices of the card provider."
)


@blueprint.post("")
@blueprint.response(200, NoticeTakenSchema)
@blueprint.doc(security=[{"stripe_signature": []}])
def notice_take() -> dict[str, str]:
    """Take a notice of Stripe: verified over its raw bytes, stored once together with its effect.

    A refusal (409) while the provider cannot be asked makes it come again.
    """
    if (request.content_length or 0) > MAX_NOTICE_BYTES:
        raise NoticeTooLarge
    provider, _house = card_house(db.session)
    signature = request.headers.get("Stripe-Signature", "")
    if not signature:
        raise BadNotice
    notice = provider.read_notice(request.get_data(cache=False), signature)
    return {"outcome": take_notice(notice, utc_now())}
