"""Tags of the audit trail."""

from enum import StrEnum

from chain.genealogy.words import EventKind

SUBJECT, RECIPE_SUBJECT = "lot_event", "recipe"


class GenealogyAudit(StrEnum):
    """What was done."""

    MERGED = "genealogy:event:merged"
    SPLIT = "genealogy:event:split"
    SORTED = "genealogy:event:sorted"
    PROCESSED = "genealogy:event:processed"
    TRANSFERRED = "genealogy:event:transferred"
    TAKEN_BACK = "genealogy:event:taken_back"
    LOST = "genealogy:event:lost"
    GAINED = "genealogy:event:gained"
    UNDONE = "genealogy:event:undone"
    RECIPE_WRITTEN = "genealogy:recipe:written"
    RECIPE_ARCHIVED = "genealogy:recipe:archived"


TAG_OF = {
    EventKind.MERGE: GenealogyAudit.MERGED,
    EventKind.SPLIT: GenealogyAudit.SPLIT,
    EventKind.SORT: GenealogyAudit.SORTED,
    EventKind.PROCESS: GenealogyAudit.PROCESSED,
    EventKind.TRANSFER: GenealogyAudit.TRANSFERRED,
    EventKind.TAKE_BACK: GenealogyAudit.TAKEN_BACK,
    EventKind.LOSS: GenealogyAudit.LOST,
    EventKind.GAIN: GenealogyAudit.GAINED,
    EventKind.UNDO: GenealogyAudit.UNDONE,
}
