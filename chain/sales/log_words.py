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
