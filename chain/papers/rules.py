"""Kinds, formats, series and states of papers. Pure."""

import base64
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chain.accounts.rules import Permission
from chain.core.i18n import N_

NUMBER_DIGITS = 8
#: 80 bits: nobody guesses one of a million papers.
CHECK_BYTES = 10
CHECK_CODE = re.compile(r"[A-Z2-7]{16}")
#: Peru's own formats are among them: L001, E001, and 1 to 4 digits for printed series.
SERIES = re.compile(r"[A-Z0-9]{1,4}")
_SERIAL = re.compile(r"\s*([A-Za-z0-9]{1,4})-([0-9]{1,12})\s*")


class PaperKind(StrEnum):
    """What a paper is."""

    RECEIPT = "receipt"
    PURCHASE_LIQUIDATION = "purchase_liquidation"
    PURCHASE_RECEIPT = "purchase_receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


KIND_LABELS = {
    PaperKind.RECEIPT: N_("Payment receipt"),
    PaperKind.PURCHASE_LIQUIDATION: N_("Purchase liquidation"),
    PaperKind.PURCHASE_RECEIPT: N_("Purchase receipt"),
    PaperKind.INVOICE: N_("Invoice"),
    PaperKind.CREDIT_NOTE: N_("Credit note"),
}

#: The series of each kind until an organisation sets another; legal papers and internal ones never share a series.
DEFAULT_SERIES = {
    PaperKind.RECEIPT: "R001",
    PaperKind.PURCHASE_LIQUIDATION: "L001",
    PaperKind.PURCHASE_RECEIPT: "C001",
    PaperKind.INVOICE: "F001",
    PaperKind.CREDIT_NOTE: "N001",
}

_BUYERS_KINDS = frozenset({PaperKind.INVOICE, PaperKind.CREDIT_NOTE})
#: Papers for a tax office: who confirms tax rates issues and voids them.
TAX_KINDS = frozenset({PaperKind.PURCHASE_LIQUIDATION, PaperKind.PURCHASE_RECEIPT})


def read_permission(kind: PaperKind) -> Permission:
    """Return what a person of the organisation needs to see papers of a kind."""
    return Permission.INVOICES_READ if kind in _BUYERS_KINDS else Permission.RECEIPTS_READ


def print_permission(kind: PaperKind) -> Permission:
    """Return what a person of the organisation needs to print papers of a kind."""
    return Permission.INVOICES_WRITE if kind in _BUYERS_KINDS else Permission.RECEIPTS_PRINT


def void_permission(kind: PaperKind) -> Permission:
    """Return what a person of the organisation needs to void a paper of a kind on its own."""
    return Permission.TAXES_CONFIRM if kind in TAX_KINDS else print_permission(kind)


class PaperFormat(StrEnum):
    """On what a paper is printed."""

    A5 = "a5"
    A4_TWO = "a4_two"
    A4 = "a4"
    ROLL_80 = "roll_80"
    ROLL_58 = "roll_58"


FORMAT_LABELS = {
    PaperFormat.A5: N_("A5 sheet"),
    PaperFormat.A4_TWO: N_("A4 sheet, two papers on each"),
    PaperFormat.A4: N_("A4 sheet"),
    PaperFormat.ROLL_80: N_("Roll of 80 mm"),
    PaperFormat.ROLL_58: N_("Roll of 58 mm"),
}


ROLLS = frozenset({PaperFormat.ROLL_80, PaperFormat.ROLL_58})
#: Formats that a kind is printed in, the usual one first; lists with many columns and tax papers need a sheet.
KIND_FORMATS = {
    PaperKind.RECEIPT: (
        PaperFormat.A5, PaperFormat.A4_TWO, PaperFormat.A4, PaperFormat.ROLL_80, PaperFormat.ROLL_58,
    ),
    PaperKind.PURCHASE_LIQUIDATION: (PaperFormat.A5, PaperFormat.A4_TWO, PaperFormat.A4),
    PaperKind.PURCHASE_RECEIPT: (PaperFormat.A5, PaperFormat.A4_TWO, PaperFormat.A4),
    PaperKind.INVOICE: (PaperFormat.A4, PaperFormat.A5),
    PaperKind.CREDIT_NOTE: (PaperFormat.A4, PaperFormat.A5),
}  # fmt: skip


def is_printed_on(kind: PaperKind, fmt: PaperFormat) -> bool:
    """Tell whether a kind of paper has that format."""
    return fmt in KIND_FORMATS[kind]


class PaperState(StrEnum):
    """Whether a paper stands."""

    VALID = "valid"
    VOIDED = "voided"


STATE_LABELS = {PaperState.VALID: N_("Stands"), PaperState.VOIDED: N_("Voided")}


@dataclass(frozen=True, slots=True)
class SeriesCount:
    """What a series holds: numbers from 1 on, voided ones included."""

    series: str
    kind: PaperKind
    last_number: int
    papers: int
    voided: int
    #: numbers that are missing, at most the first hundred
    missing: tuple[int, ...] = ()

    @property
    def has_no_gap(self) -> bool:
        """Whether each number up to the last one is a paper that is kept."""
        return self.papers == self.last_number and not self.missing


def serial(series: str, number: int) -> str:
    """Return the printed number: R001-00000123."""
    return f"{series}-{number:0{NUMBER_DIGITS}d}"


def parse_serial(text: str) -> tuple[str, int] | None:
    """Read a printed number in any case, leading zeros optional; None if it is not one."""
    found = _SERIAL.fullmatch(text)
    return (found[1].upper(), int(found[2])) if found else None


def new_check_code() -> str:
    """Return a random code of 16 upper-case letters and digits, easy on a QR and on a telephone's keyboard."""
    return base64.b32encode(secrets.token_bytes(CHECK_BYTES)).decode()


def new_salt() -> str:
    """Return the random word that keeps the mark of a person's document from being found by trying numbers."""
    return base64.b32encode(secrets.token_bytes(CHECK_BYTES)).decode()


def percent_of(basis_points: int) -> Decimal:
    """Return hundredths of a percent as a percentage: 250 → 2.5."""
    return Decimal(basis_points) / 100


#: Papers of one statement: SQLite takes some thousands of parameters.
CHUNK = 500
#: Papers of one PDF of a print job and of one piece of HTML: half a block takes a twentieth more time and saves no memory. Even for two on a sheet.
BLOCK = 25
BLOCKS = {PaperFormat.A4_TWO: 24}
#: How often a block of a print job is tried.
MAX_ATTEMPTS = 5


def block_size(fmt: PaperFormat) -> int:
    """Return how many papers one block of a print job holds."""
    return BLOCKS.get(fmt, BLOCK)


class JobState(StrEnum):
    """How far a print job is."""

    WAITING = "waiting"
    PRINTING = "printing"
    FAILED = "failed"
    READY = "ready"


JOB_STATE_LABELS = {
    JobState.WAITING: N_("Waits for the printing processes"),
    JobState.PRINTING: N_("Being drawn"),
    JobState.FAILED: N_("Could not be drawn"),
    JobState.READY: N_("Ready"),
}
