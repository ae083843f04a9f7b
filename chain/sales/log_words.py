"""How the lines of event logs are named for people, in every way of selling."""

import re
from collections.abc import Mapping

from chain.core.i18n import N_

#: Ids look so.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_LABELS: Mapping[str, str] = {
    "opened": N_("Opened, with the terms"),
    "terms": N_("Terms of this sale"),
    "bid": N_("Sealed bid received"),
    "cancelled": N_("Cancelled"),
    "opening": N_("Opening of the bids"),
    "seed": N_("Seed of the lottery revealed"),
    "bid_opened": N_("Bid opened"),
    "decided": N_("Award decided by the rule"),
    "awarded": N_("Lots awarded"),
    "passed_in": N_("Passed in: no valid bid"),
    "negotiable": N_("The seller may negotiate with the best bidder"),
    "unsold": N_("Lots that nobody got return to the stock"),
    "confirm": N_("An officer confirmed"),
    "decline": N_("An officer declined"),
    "confirmed": N_("Award confirmed: sold"),
    "declined": N_("Award declined"),
    "lapsed": N_("Award lapsed: nobody answered in time"),
    "excluded": N_("Bidder excluded"),
    "readmitted": N_("Exclusion lifted"),
    "registered": N_("Bidder registered"),
    "lot_closed": N_("Lot closed"),
    "closed": N_("Closed"),
    "request": N_("Sealed request received"),
    "request_opened": N_("Request opened"),
    "round_closed": N_("Round closed"),
    "left_out": N_("Request left out"),
    "allotted": N_("Kilograms allotted"),
    "proposed": N_("Match proposed"),
    "offered": N_("Price offered"),
    "countered": N_("Counter-offer"),
    "accepted": N_("Accepted"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
    "gone": N_("The lots were no longer free"),
    "expired": N_("Expired without an answer"),
}


def entry_label(kind: str) -> str:
    """Return the msgid that names a kind of line; an unknown kind names itself."""
    return _LABELS.get(kind, kind)


#: What of a line's data people read, by the word under which it is kept.
FACT_LABELS: Mapping[str, str] = {
    "number": N_("Number"),
    "lots": N_("Lots"),
    "bids": N_("Bids"),
    "round": N_("Round"),
    "position": N_("Lot"),
    "sequence": N_("Line"),
    "lines": N_("Lines"),
    "maxima": N_("Maximum bids"),
    "maximum_minor": N_("Maximum"),
    "supply": N_("On offer"),
    "demand": N_("Wanted"),
    "prices": N_("Prices"),
    "alias": N_("Number of the bidder"),
    "quantity": N_("Quantity"),
    "opens_at": N_("Opening"),
    "starts_at": N_("Start"),
    "closes_at": N_("Deadline"),
    "ends_at": N_("End"),
    "first_closes_at": N_("End of round 1"),
    "second_closes_at": N_("End of round 2"),
    "second_minutes": N_("Minutes of round 2"),
    "soft_close_seconds": N_("Late bid: seconds before the end"),
    "extension_seconds": N_("Seconds added by a late bid"),
    "closing": N_("How the lots close"),
    "steps": N_("Steps"),
    "products": N_("Products"),
    "from_minor": N_("from"),
    "kilograms": N_("kg"),
    "raise_limit_bp": N_("Price rises at most by"),
    "step_minor": N_("Step"),
    "price_minor": N_("Price"),
    "amount_minor": N_("Amount"),
    "proceeds_minor": N_("Proceeds"),
    "currency": N_("Currency"),
    "standing": N_("Result"),
    "side": N_("Who spoke"),
    "reason": N_("Reason"),
    "status": N_("Proof"),
    "until": N_("Until"),
    "commitment": N_("Fingerprint of the bid"),
    "nonce": N_("Nonce"),
    "text": N_("Text of the bid"),
    "seed": N_("Seed"),
    "seed_hash": N_("Fingerprint of the seed"),
    "seed_commitment": N_("Fingerprint of the seed"),
    "said": N_("Fingerprint of what was said"),
    "input": N_("Fingerprint of lots and demands"),
    "result": N_("Result"),
    "head": N_("Fingerprint"),
    "terms_hash": N_("Fingerprint of the lowest prices"),
    "lots_hash": N_("Fingerprint of the lots"),
}


#: Words of the program that stand in the data, as people say them.
FACT_WORDS: Mapping[str, str] = {
    "optimal": N_("the best result, proven"),
    "counts": N_("counts"),
    "each": N_("one after the other"),
    "together": N_("all together"),
    "buyer": N_("the buyer"),
    "seller": N_("the seller"),
}
#: What says nothing to people, as ids say nothing.
_HIDDEN = frozenset({"unit", "gap_millionths", "private", "step"})


def facts_of(data: Mapping[str, object]) -> list[tuple[str, str, object]]:
    """Return word, label and value of what a line says, the well-known first."""
    said = {key: value for key, value in data.items() if value is not None and not _is_id(key, value)}
    named = [(key, label, said[key]) for key, label in FACT_LABELS.items() if key in said]
    others = [(key, key.replace("_", " "), value) for key, value in said.items() if key not in FACT_LABELS]
    return [*named, *others]


def _is_id(key: str, value: object) -> bool:
    return key in _HIDDEN or (isinstance(value, str) and _ID.fullmatch(value) is not None)
