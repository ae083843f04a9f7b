"""Texts to be translated, marked where they are written and translated only at the edge (`chain.web.i18n`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name, known to every extraction tool
    """Mark an English text for extraction and return it unchanged."""
    return msgid


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable sentence with its parameters, which may be messages themselves.

    `msgid` is English with named placeholders: `Message("At most %(limit)s rows.", {"limit": 500})`. `str()` gives the
    English sentence, for logs and for tools that print no Spanish.
    """

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid % self.params if self.params else self.msgid
