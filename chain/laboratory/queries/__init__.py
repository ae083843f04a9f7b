"""Reads of the laboratory. Other areas import `measurements_of`, `shown_measurements` and `agreement_of` from here."""

from chain.laboratory.queries.agreement import agreement_of
from chain.laboratory.queries.measurements import measurements_of, shown_measurements

__all__ = ["agreement_of", "measurements_of", "shown_measurements"]
