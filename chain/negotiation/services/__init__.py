"""The writers of negotiation: offers and their answers, lots open to offers, samples."""

from chain.negotiation.services.answers import accept_offer, expire_offer, refuse_offer, withdraw_offer
from chain.negotiation.services.offers import counter_offer, start_offer
from chain.negotiation.services.open_lots import hide_lots, show_lots
from chain.negotiation.services.samples import (
    Judgement,
    agree_sample,
    ask_sample,
    judge_sample,
    receive_sample,
    refuse_sample,
    send_sample,
    withdraw_sample,
)

__all__ = [
    "Judgement",
    "accept_offer",
    "agree_sample",
    "ask_sample",
    "counter_offer",
    "expire_offer",
    "hide_lots",
    "judge_sample",
    "receive_sample",
    "refuse_offer",
    "refuse_sample",
    "send_sample",
    "show_lots",
    "start_offer",
    "withdraw_offer",
    "withdraw_sample",
]
