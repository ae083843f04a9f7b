"""Products without a norm, such as live animals: their class stays open, and says why. Pure."""

from collections.abc import Mapping

from chain.core.i18n import N_
from chain.grading.scheme import COMMODITIES
from chain.lots.grades import Proposal, note_record

NO_NORM = N_("No norm classes this product.")
_OPEN = Proposal(scheme="", edition="", key=None, reasons=[note_record(NO_NORM)])


def has_norm(commodity: str) -> bool:
    """Tell whether any norm classes a product."""
    return commodity in COMMODITIES


class OpenProposer:
    """Proposes no class, whatever was measured."""

    def propose(
        self, attributes: Mapping[str, str], chosen_key: str | None, quantity: int | None = None
    ) -> Proposal:
        """Return the open class."""
        del attributes, chosen_key, quantity
        return _OPEN


OPEN_PROPOSER = OpenProposer()
