"""Pages of the ledger."""

from chain.ledger.pages import NAVIGATION, blueprint
from chain.ledger.views import journal, opening, periods, reports, settings, years

__all__ = ["NAVIGATION", "blueprint", "journal", "opening", "periods", "reports", "settings", "years"]
