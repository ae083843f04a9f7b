"""Tags of the audit trail."""

from enum import StrEnum


class GradingAudit(StrEnum):
    """What happened in grading; the words stand in `accounts/audit_labels.py`."""

    SCHEME_CHOSEN = "grading:scheme_choice:made"
    COLOURS_CHOSEN = "grading:colour_list_choice:made"
    SCHEME_SAVED = "grading:own_scheme:saved"
    SCHEME_SHARED = "grading:own_scheme:sharing_changed"
    SCHEME_WITHDRAWN = "grading:own_scheme:withdrawn"
    VALUE_CONFIRMED = "grading:value:confirmed"
    CONFIRMATION_WITHDRAWN = "grading:value:confirmation_withdrawn"
    GRID_SAVED = "grading:price_grid:saved"
    GRID_WITHDRAWN = "grading:price_grid:withdrawn"
