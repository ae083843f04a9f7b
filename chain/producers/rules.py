"""Who a producer is: what may be written of a person, how names are found, when two names mean one person. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.text import tidy

NAME_LENGTH = (2, 200)
#: Nobody who delivers was born before; a producer is at least a child of the house.
OLDEST_BIRTH_YEAR = 1900
YOUNGEST_AGE = 10
MAX_CODE = 40
PHONE_DIGITS = (6, 15)
#: Two names are one person's when this share of their letters agrees, word order aside.
NAME_LIKENESS = 0.85
#: Digits to which minted member codes are filled up: CC03-0001.
CODE_DIGITS = 4
MAX_SEARCH_WORDS = 6

_PHONE = re.compile(r"\+?[0-9 ()-]{6,30}")
_MEMBER_CODE = re.compile(r"[A-Z0-9][A-Z0-9 ./_-]{0,39}")


class Sex(StrEnum):
    """As the person states it."""

    FEMALE = "female"
    MALE = "male"
    NOT_STATED = "not_stated"


SEX_LABELS = {Sex.FEMALE: N_("Woman"), Sex.MALE: N_("Man"), Sex.NOT_STATED: N_("Not stated")}


class DocumentKind(StrEnum):
    """Papers that prove who somebody is."""

    DNI = "dni"
    CI = "ci"
    FOREIGNER_CARD = "foreigner_card"
    PASSPORT = "passport"


DOCUMENT_LABELS = {
    DocumentKind.DNI: N_("DNI (Peru)"),
    DocumentKind.CI: N_("Identity card (Bolivia)"),
    DocumentKind.FOREIGNER_CARD: N_("Foreigner's card"),
    DocumentKind.PASSPORT: N_("Passport"),
}

#: What a number of each kind looks like, and how that is told.
_DOCUMENT_FORMS = {
    DocumentKind.DNI: (re.compile(r"[0-9]{8}"), N_("A DNI has 8 digits.")),
    DocumentKind.CI: (
        re.compile(r"[0-9]{5,10}(-[0-9A-Z]{1,3})?( ?[A-Z]{2})?"),
        N_("An identity card has 5 to 10 digits; a complement (-1A) and the department (LP) may follow."),
    ),
    DocumentKind.FOREIGNER_CARD: (re.compile(r"[0-9A-Z]{5,15}"), N_("Write 5 to 15 letters and digits.")),
    DocumentKind.PASSPORT: (re.compile(r"[0-9A-Z]{5,15}"), N_("Write 5 to 15 letters and digits.")),
}


@dataclass(frozen=True, slots=True)
class Person:
    """What is written of a person; `cleaned()` brings it into the form that is kept."""

    full_name: str
    sex: str = Sex.NOT_STATED
    birth_year: int | None = None
    document_kind: str | None = None
    document_number: str | None = None
    phone: str | None = None
    community_id: UUID | None = None

    def cleaned(self) -> "Person":
        """Return the same person with tidy spaces, upper-case numbers and None for what is empty."""
        number = tidy(self.document_number).upper().replace(" -", "-").replace("- ", "-")
        return Person(
            full_name=tidy(self.full_name),
            sex=str(self.sex),
            birth_year=self.birth_year,
            document_kind=str(self.document_kind) if self.document_kind else None,
            document_number=number or None,
            phone=tidy(self.phone) or None,
            community_id=self.community_id,
        )

    def as_mapping(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def search_form(text: str | None) -> str:
    """Return a name as it is searched for: lower case, without accents. "Ñusta QUISPE Pérez" → "nusta quispe perez"."""
    parts = unicodedata.normalize("NFKD", tidy(text).casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))[: NAME_LENGTH[1]]


def search_words(text: str | None) -> list[str]:
    """Return the words that a found name must contain, at most `MAX_SEARCH_WORDS`."""
    return search_form(text).split()[:MAX_SEARCH_WORDS]


def same_name(left: str, right: str) -> bool:
    """Tell whether two names are written by or for one person.

    True when all words of the shorter name (at least two) stand in the longer one, or when the letters agree in
    `NAME_LIKENESS`, in the order written or with the words sorted: "Quispe Mamani, Rosa" is "Rosa Quispe Mamani", and
    "Rosa Kispe Mamani" is too.
    """
    first, second = (search_form(name).replace(",", " ").split() for name in (left, right))
    short, long = sorted((first, second), key=len)
    if len(short) > 1 and set(short) <= set(long):
        return True
    orders = ((first, second), (sorted(first), sorted(second)))
    return max(SequenceMatcher(None, " ".join(a), " ".join(b)).ratio() for a, b in orders) >= NAME_LIKENESS


def check_person(person: Person, today: date) -> FieldErrors:
    """Return everything that is wrong with a cleaned person."""
    errors = FieldErrors()
    low, high = NAME_LENGTH
    if not low <= len(person.full_name) <= high:
        errors.add("full_name", N_("Write the name with %(low)s to %(high)s letters."), low=low, high=high)
    elif not any(letter.isalpha() for letter in person.full_name):
        errors.add("full_name", N_("A name has letters."))
    if person.sex not in set(Sex):
        errors.add("sex", N_("Choose one of the options."))
    youngest = today.year - YOUNGEST_AGE
    if person.birth_year is not None and not OLDEST_BIRTH_YEAR <= person.birth_year <= youngest:
        text = N_("The year of birth must lie from %(first)s to %(last)s.")
        errors.add("birth_year", text, first=str(OLDEST_BIRTH_YEAR), last=str(youngest))
    if person.phone is not None and not _is_phone(person.phone):
        errors.add("phone", N_("Write the phone with 6 to 15 digits; +, spaces and hyphens are fine."))
    _check_document(person, errors)
    return errors


def _is_phone(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return bool(_PHONE.fullmatch(text)) and PHONE_DIGITS[0] <= digits <= PHONE_DIGITS[1]


def _check_document(person: Person, errors: FieldErrors) -> None:
    if person.document_kind is None and person.document_number is None:
        return
    if person.document_kind is None:
        errors.add("document_kind", N_("Choose the kind of the document."))
    elif person.document_kind not in set(DocumentKind):
        errors.add("document_kind", N_("Choose one of the options."))
    elif person.document_number is None:
        errors.add("document_number", N_("Write the number of the document."))
    else:
        form, text = _DOCUMENT_FORMS[DocumentKind(person.document_kind)]
        if not form.fullmatch(person.document_number):
            errors.add("document_number", text)


def clean_code(text: str | None) -> str | None:
    """Return a member code as it is kept: upper case, single spaces; None when it is empty."""
    return tidy(text).upper() or None


def check_code(code: str, errors: FieldErrors) -> None:
    """Note a member code that cannot be printed on a card."""
    if not _MEMBER_CODE.fullmatch(code):
        errors.add("member_code", N_("Write a code of at most 40 letters, digits and . / - signs."))


def next_code(prefix: str, known: Iterable[str]) -> str:
    """Return the code after the highest of those known: ("CC03-", ["CC03-0009"]) → "CC03-0010"."""
    tails = (code.removeprefix(prefix) for code in known if code.startswith(prefix))
    highest = max((int(tail) for tail in tails if tail.isascii() and tail.isdigit()), default=0)
    return f"{prefix}{highest + 1:0{CODE_DIGITS}d}"
