"""What the portal registers with the areas below it, and its outbox messages."""

from chain.market.queries.shown import lots_shown_by_tenders
from chain.sales.showing import register_showing

register_showing("tenders", lots_shown_by_tenders)
