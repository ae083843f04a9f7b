"""The writers of grading: choices, own schemes, what people vouch for, price grids."""

from chain.grading.services.choices import choose_colour_list, choose_scheme
from chain.grading.services.confirmations import confirm_value, withdraw_confirmation
from chain.grading.services.own_schemes import save_own_scheme, share_own_scheme, withdraw_own_scheme
from chain.grading.services.price_grids import save_own_grid, withdraw_own_grid

__all__ = [
    "choose_colour_list",
    "choose_scheme",
    "confirm_value",
    "save_own_grid",
    "save_own_scheme",
    "share_own_scheme",
    "withdraw_confirmation",
    "withdraw_own_grid",
    "withdraw_own_scheme",
]
