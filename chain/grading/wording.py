"""Phrases by language, to be put into sentences: lists of names, conditions and things that are missing. Pure."""

from collections.abc import Iterable, Sequence

from chain.core.catalogues import translate
from chain.core.i18n import N_, Message
from chain.grading.scheme import Names

AREA = "grading"
LANGUAGES = ("es", "en")
AND, OR = N_("%(first)s and %(last)s"), N_("%(first)s or %(last)s")
CAPITALS = 2


def phrase(text: str, **params: object) -> Names:
    """Return a msgid with its parameters as a phrase by language."""
    return {language: translate(language, Message(text, params), AREA) for language in LANGUAGES}


def joined(names: Sequence[Names], text: str = AND) -> Names:
    """Return several names as one, by language: fat, density and acidity."""
    if len(names) == 1:
        return names[0]
    first = {language: ", ".join(one[language] for one in names[:-1]) for language in LANGUAGES}
    return phrase(text, first=first, last=names[-1])


def in_sentence(names: Names) -> Names:
    """Return a name as it stands within a sentence: its first letter small, abbreviations left alone."""
    return {language: _lowered(word) for language, word in names.items()}


def _lowered(word: str) -> str:
    return word if word[:CAPITALS].isupper() else word[:1].lower() + word[1:]


def unique(names: Iterable[Names]) -> list[Names]:
    """Return the names without repetitions, in their order."""
    found: list[Names] = []
    for one in names:
        if one not in found:
            found.append(one)
    return found
