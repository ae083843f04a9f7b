"""The writers of producers, one module per group of use cases; callers import them from here."""

from chain.producers.services.cards import MAX_CARDS, IssuedCard, issue_cards, replace_card
from chain.producers.services.communities import create_community
from chain.producers.services.desk import ProducersAudit
from chain.producers.services.memberships import add_membership, end_membership
from chain.producers.services.persons import (
    Registered,
    person_of,
    register_member,
    register_producer,
    update_producer,
)

__all__ = [
    "MAX_CARDS",
    "IssuedCard",
    "ProducersAudit",
    "Registered",
    "add_membership",
    "create_community",
    "end_membership",
    "issue_cards",
    "person_of",
    "register_member",
    "register_producer",
    "replace_card",
    "update_producer",
]
