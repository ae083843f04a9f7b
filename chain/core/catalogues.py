"""Translation without the web, for commands and workers: reads `chain/translations/<language>/*.po` with Babel."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from chain.core.i18n import Message

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


@lru_cache(maxsize=16)
def load_catalogue(language: str, area: str = "*") -> Mapping[str, str]:
    """Return msgid → translation of one area, or of all; plural forms and fuzzy entries are left out.

    English has no catalogue: its text is the msgid.
    """
    from babel.messages.pofile import read_po

    texts: dict[str, str] = {}
    for path in sorted((TRANSLATIONS / language).glob(f"{area}.po")):
        with path.open("rb") as file:
            for entry in read_po(file):
                if (
                    entry.id
                    and isinstance(entry.id, str)
                    and isinstance(entry.string, str)
                    and not entry.fuzzy
                ):
                    texts[entry.id] = entry.string
    return texts


def translate(language: str, message: Message, area: str = "*") -> str:
    """Return the sentence in a language; English when the catalogue lacks it. Numbers keep the decimal point."""
    text = load_catalogue(language, area).get(message.msgid) or message.msgid
    if not message.params:
        return text
    return text % {
        name: translate(language, value, area) if isinstance(value, Message) else value
        for name, value in message.params.items()
    }
