"""Tags of the laboratory's audit records."""

from enum import StrEnum


class LaboratoryAudit(StrEnum):
    """Tags of the audit trail."""

    INSTRUMENT_REGISTERED = "laboratory:instrument:registered"
    INSTRUMENT_CHANGED = "laboratory:instrument:changed"
    INSTRUMENT_ARCHIVED = "laboratory:instrument:archived"
    MAPPING_SAVED = "laboratory:instrument:mapping_saved"
    SAMPLE_TAKEN = "laboratory:sample:taken"
    SAMPLE_UNSEALED = "laboratory:sample:unsealed"
    MEASUREMENT_RECORDED = "laboratory:measurement:recorded"
    MEASUREMENTS_IMPORTED = "laboratory:measurements:imported"
    MEASUREMENT_CHOSEN = "laboratory:measurement:chosen"
    OPINION_ASKED = "laboratory:opinion:asked"
    OPINION_DECIDED = "laboratory:opinion:decided"
    OPINION_LAPSED = "laboratory:opinion:lapsed"
    OPINION_WITHDRAWN = "laboratory:opinion:withdrawn"
    TERMS_SET = "laboratory:terms:set"
