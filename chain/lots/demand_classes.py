"""The classes that standing demands may name: of the norms and of own schemes, handed to the buyers' area at start-up."""

from collections.abc import Sequence
from uuid import UUID

from chain.buyers.class_options import SchemeClasses
from chain.grading.scheme import RAW_MILK
from chain.grading.scheme_files import choosable_schemes, default_scheme
from chain.lots.grades import class_names, class_with_norm, short_norm


class LotClasses:
    """What lots are graded by."""

    def offered(self, commodity: str, organisation_id: UUID | None, language: str) -> Sequence[SchemeClasses]:
        """Return the schemes with classes for a commodity, the usual one first; milk has verdicts, no classes."""
        if commodity == RAW_MILK:
            return []
        usual = default_scheme(commodity).id
        schemes = sorted(choosable_schemes(commodity, organisation_id), key=lambda one: one.id != usual)
        found = []
        for scheme in schemes:
            names = class_names(scheme.key, scheme.edition)
            classes = tuple((key, label["en" if language == "en" else "es"]) for key, label in names.items())
            if classes:
                full = f"{scheme.key}/{scheme.edition}"
                found.append(SchemeClasses(full, short_norm(scheme.key, scheme.edition), classes))
        return found

    def name(self, scheme: str, edition: str, key: str, language: str) -> str:
        """Return a class with its norm."""
        return class_with_norm(scheme, edition, key, language)
