"""The writers of the laboratory; other areas import them from here."""

from chain.laboratory.services.calculations import calculate_measurement
from chain.laboratory.services.choices import choose_measurement
from chain.laboratory.services.imports import check_measurements, import_measurements, open_measurements
from chain.laboratory.services.instruments import (
    archive_instrument,
    change_instrument,
    register_instrument,
    save_mapping,
)
from chain.laboratory.services.measurements import record_measurement
from chain.laboratory.services.opinions import (
    ask_second_opinion,
    decide_second_opinion,
    lapse_second_opinion,
    withdraw_second_opinion,
)
from chain.laboratory.services.samples import take_sample, unseal_sample
from chain.laboratory.services.settings import set_terms

__all__ = [
    "archive_instrument",
    "ask_second_opinion",
    "calculate_measurement",
    "change_instrument",
    "check_measurements",
    "choose_measurement",
    "decide_second_opinion",
    "import_measurements",
    "lapse_second_opinion",
    "open_measurements",
    "record_measurement",
    "register_instrument",
    "save_mapping",
    "set_terms",
    "take_sample",
    "unseal_sample",
    "withdraw_second_opinion",
]
