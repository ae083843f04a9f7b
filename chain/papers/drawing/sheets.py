"""One paper as it is drawn: plain values that can be handed to another process, and its mark in the corner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chain.core.i18n import N_, Message
from chain.papers.codes import SignedCode
from chain.papers.models import Paper
from chain.papers.rules import PaperKind, serial

ORIGINAL = N_("ORIGINAL")
COPY = N_("COPY %(number)s")
FOR_READING = N_("FOR READING")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper to draw; `copy` is None for a sheet that is only to be read and counts as no print."""

    kind: PaperKind
    serial: str
    content: Mapping[str, Any]
    content_hash: str
    check_code: str
    #: the signed code as the QR holds it; None for papers from before the signature
    signed_code: str | None
    issued_at: datetime
    copy: int | None = None
    voided_at: datetime | None = None
    void_reason: str | None = None

    @property
    def mark(self) -> Message:
        """Whether it is the original, a copy, or for reading."""
        if self.copy is None:
            return Message(FOR_READING)
        return Message(COPY, {"number": self.copy}) if self.copy else Message(ORIGINAL)


def signed_code_of(paper: Paper) -> str | None:
    """Return the signed code of a paper."""
    if paper.key_id is None or paper.signed_line is None or paper.signature is None:
        return None
    return SignedCode(paper.key_id, paper.signed_line, paper.signature).text


def sheet_of(paper: Paper, copy: int | None = None) -> Sheet:
    """Return the sheet of a paper."""
    return Sheet(
        kind=PaperKind(paper.kind),
        serial=serial(paper.series, paper.number),
        content=paper.content,
        content_hash=paper.content_hash,
        check_code=paper.check_code,
        signed_code=signed_code_of(paper),
        issued_at=paper.issued_at,
        copy=copy,
        voided_at=paper.voided_at,
        void_reason=paper.void_reason,
    )
