"""How the lines of event logs are named for people. Ways of selling add the kinds that only they write."""

from collections.abc import Mapping

from chain.core.i18n import N_

_labels: dict[str, str] = {
    "opened": N_("Opened, with the terms"),
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
}


def register_entries(labels: Mapping[str, str]) -> None:
    """Name further kinds of lines; a way of selling calls it in its handlers module."""
    _labels.update(labels)


def entry_label(kind: str) -> str:
    """Return the msgid that names a kind of line; an unknown kind names itself."""
    return _labels.get(kind, kind)


#: What of a line's data people read, by the word under which it is kept.
FACT_LABELS: Mapping[str, str] = {
    "number": N_("Number"),
    "lots": N_("Lots"),
    "bids": N_("Bids"),
    "quantity": N_("Quantity (g or ml)"),
    "opens_at": N_("Opening"),
    "closes_at": N_("Deadline"),
    "price_minor": N_("Price (hundredths)"),
    "proceeds_minor": N_("Proceeds (hundredths)"),
    "currency": N_("Currency"),
    "standing": N_("Result"),
    "reason": N_("Reason"),
    "status": N_("Proof"),
    "until": N_("Until"),
    "commitment": N_("Fingerprint of the bid"),
    "nonce": N_("Nonce"),
    "text": N_("Text of the bid"),
    "seed": N_("Seed"),
    "seed_hash": N_("Fingerprint of the seed"),
    "terms_hash": N_("Fingerprint of the lowest prices"),
    "lots_hash": N_("Fingerprint of the lots"),
}


def facts_of(data: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return label and text of what a line says; ids stay out, they say nothing to people."""
    named = [(label, data[key]) for key, label in FACT_LABELS.items() if data.get(key) is not None]
    others = [
        (key, value)
        for key, value in data.items()
        if key not in FACT_LABELS
        and value is not None
        and key not in {"bid", "award", "unit", "gap_millionths", "private"}
    ]
    return [(label, str(value).strip()) for label, value in (*named, *others)]
