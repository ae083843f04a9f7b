"""The words of the genealogy: kinds of events, roles of lines, causes of losses and gains, with their texts. Pure."""

from enum import StrEnum

from chain.core.i18n import N_


class EventKind(StrEnum):
    """What was done with lots."""

    MERGE = "merge"
    SPLIT = "split"
    SORT = "sort"
    PROCESS = "process"
    TRANSFER = "transfer"
    TAKE_BACK = "take_back"
    LOSS = "loss"
    GAIN = "gain"
    UNDO = "undo"


KIND_LABELS = {
    EventKind.MERGE: N_("Merge"),
    EventKind.SPLIT: N_("Split"),
    EventKind.SORT: N_("Sorting"),
    EventKind.PROCESS: N_("Processing"),
    EventKind.TRANSFER: N_("Transfer"),
    EventKind.TAKE_BACK: N_("Take-back"),
    EventKind.LOSS: N_("Loss"),
    EventKind.GAIN: N_("Increase"),
    EventKind.UNDO: N_("Undoing"),
}


class LineRole(StrEnum):
    """What a line of an event says."""

    INPUT = "input"
    OUTPUT = "output"
    LOSS = "loss"
    GAIN = "gain"
    TAKEN = "taken"
    MOVED = "moved"


ROLE_LABELS = {
    LineRole.INPUT: N_("Used"),
    LineRole.OUTPUT: N_("Made"),
    LineRole.LOSS: N_("Loss"),
    LineRole.GAIN: N_("Increase"),
    LineRole.TAKEN: N_("Taken back"),
    LineRole.MOVED: N_("Moved"),
}


class LossCause(StrEnum):
    """Why something is less than before."""

    DUST = "dust"
    WASTE = "waste"
    MOISTURE = "moisture"
    SPILLAGE = "spillage"
    SPOILAGE = "spoilage"
    CONDEMNED = "condemned"
    THEFT = "theft"
    SAMPLE = "sample"
    WEIGHING = "weighing"
    OTHER = "other"


LOSS_LABELS = {
    LossCause.DUST: N_("Dust, earth and grease"),
    LossCause.WASTE: N_("Waste"),
    LossCause.MOISTURE: N_("Drying"),
    LossCause.SPILLAGE: N_("Spillage"),
    LossCause.SPOILAGE: N_("Spoilage"),
    LossCause.CONDEMNED: N_("Condemned by the inspection"),
    LossCause.THEFT: N_("Theft"),
    LossCause.SAMPLE: N_("Samples"),
    LossCause.WEIGHING: N_("Difference of scales"),
    LossCause.OTHER: N_("Other cause"),
}


class GainCause(StrEnum):
    """Why something is more than before."""

    SALT = "salt"
    CULTURE = "culture"
    MOISTURE = "moisture"
    WEIGHING = "weighing"
    FOUND = "found"
    OTHER = "other"


GAIN_LABELS = {
    GainCause.SALT: N_("Salt"),
    GainCause.CULTURE: N_("Rennet, culture or sugar"),
    GainCause.MOISTURE: N_("Moisture taken up"),
    GainCause.WEIGHING: N_("Difference of scales"),
    GainCause.FOUND: N_("Found when counting"),
    GainCause.OTHER: N_("Other cause"),
}
#: What a process adds on purpose; a claim survives it as long as no more comes out than went in.
INGREDIENTS = frozenset({GainCause.SALT, GainCause.CULTURE})
#: Causes that say nothing without words.
VAGUE = frozenset({"other", "theft"})


class Process(StrEnum):
    """What is made of lots, step by step."""

    SCOUR = "scour"
    DEHAIR = "dehair"
    COMB = "comb"
    SPIN = "spin"
    CHEESE = "cheese"
    YOGHURT = "yoghurt"
    BUTTER = "butter"
    SLAUGHTER = "slaughter"
    CUT = "cut"
    DRY = "dry"


PROCESS_LABELS = {
    Process.SCOUR: N_("Scouring"),
    Process.DEHAIR: N_("Dehairing"),
    Process.COMB: N_("Combing into tops"),
    Process.SPIN: N_("Spinning"),
    Process.CHEESE: N_("Cheese making"),
    Process.YOGHURT: N_("Yoghurt making"),
    Process.BUTTER: N_("Butter making"),
    Process.SLAUGHTER: N_("Slaughter"),
    Process.CUT: N_("Cutting"),
    Process.DRY: N_("Drying into charque"),
}
