"""Texts to be translated, marked where they are written and translated only at the edge (`chain.web.i18n`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name, known to every extraction tool
    """Mark an English text for extraction and return it unchanged."""
    return msgid


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable sentence with its parameters, which may be messages themselves.

    `msgid` is English with named placeholders: `Message("At most %(limit)s rows.", {"limit": 500})`. A parameter may also
    be a name that is known by language, such as that of a class: `{"es": "Gruesa", "en": "Coarse"}`. `str()` gives the
    English sentence, for logs and for tools that print no Spanish.
    """

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.params:
            return self.msgid
        return self.msgid % {name: name_in(value, "en") for name, value in self.params.items()}


def name_in(value: object, language: str) -> object:
    """Return a name that is known by language in that language, else in Spanish; anything else unchanged."""
    if isinstance(value, Mapping):
        return value.get(language, value.get("es", value))
    return value
