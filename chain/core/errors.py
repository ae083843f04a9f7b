"""Refusals: every way in which the product says no is a class with a code, a kind and translatable words.

Nothing here knows HTTP; `chain.web.errors` maps a kind to a status. Each code is explained in docs/errors.md.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar

from chain.core.i18n import N_, Message


class Kind(StrEnum):
    """What sort of refusal it is; decides the HTTP status and the exit code."""

    INVALID = "invalid"  # the input is wrong: 422
    UNAUTHENTICATED = "unauthenticated"  # 401
    FORBIDDEN = "forbidden"  # 403
    NOT_FOUND = "not_found"  # 404
    CONFLICT = "conflict"  # 409
    REFUSED = "refused"  # a rule of the field says no: 409
    TOO_LARGE = "too_large"  # 413
    THROTTLED = "throttled"  # 429
    UNAVAILABLE = "unavailable"  # the machine cannot, until somebody looks after it: 503


class DomainError(Exception):
    """The base of every refusal.

    `text` is an English msgid with named %(placeholders)s; keyword arguments fill them. `field` names the input that
    a form should mark, if one is to blame.
    """

    code: ClassVar[str] = "refused"
    kind: ClassVar[Kind] = Kind.REFUSED
    text: ClassVar[str] = N_("This is not possible.")
    field: ClassVar[str | None] = None

    def __init__(self, **params: Any) -> None:
        super().__init__(self.text % params if params else self.text)
        self.params: Mapping[str, Any] = params

    @property
    def message(self) -> Message:
        """The sentence for the user, to be translated at the edge."""
        return Message(self.text, dict(self.params))

    @property
    def errors(self) -> Mapping[str, Sequence[Message]]:
        """Messages per field; empty when no field is to blame."""
        return {self.field: (self.message,)} if self.field else {}


class NotFound(DomainError):
    """The object does not exist, or belongs to somebody else: the two are not told apart."""

    code = "not_found"
    kind = Kind.NOT_FOUND
    text = N_("We could not find it.")


class Forbidden(DomainError):
    """The person is known and lacks the permission."""

    code = "forbidden"
    kind = Kind.FORBIDDEN
    text = N_("Your role does not allow this. It needs the permission “%(permission)s”.")


class SamePerson(DomainError):
    """Two pairs of eyes are needed and one person tried to be both."""

    code = "same_person"
    kind = Kind.FORBIDDEN
    text = N_("Another person must do this: you did the step before.")


class NotSignedIn(DomainError):
    """No session and no token."""

    code = "not_signed_in"
    kind = Kind.UNAUTHENTICATED
    text = N_("Sign in to go on.")


class Conflict(DomainError):
    """The same id or key came with other content, or somebody else was quicker."""

    code = "conflict"
    kind = Kind.CONFLICT
    text = N_("Somebody else changed this first. Load the page again.")


class IdempotencyConflict(Conflict):
    """The same key came twice with different content."""

    code = "idempotency_conflict"
    text = N_("This id was already used with other content.")


class InvalidId(DomainError):
    """An id that is not a UUIDv7."""

    code = "invalid_id"
    kind = Kind.INVALID
    text = N_("“%(value)s” is not a valid id (UUID version 7).")
    field = "id"


class ValidationFailed(DomainError):
    """Several fields are wrong; all of them are named at once."""

    code = "validation_failed"
    kind = Kind.INVALID
    text = N_("Check the fields that are marked.")

    def __init__(self, errors: Mapping[str, Sequence[Message]]) -> None:
        super().__init__()
        self._errors = errors

    @property
    def errors(self) -> Mapping[str, Sequence[Message]]:
        """Messages per field."""
        return self._errors


class FieldErrors:
    """Collects refusals per field, so that all of them are told at once.

    Example: `errors.add("tare", N_("The tare is above the gross weight."))`, at the end `errors.raise_any()`.
    """

    def __init__(self) -> None:
        self._errors: dict[str, list[Message]] = {}

    def add(self, field: str, text: str, **params: object) -> None:
        """Note one more refusal for a field."""
        self._errors.setdefault(field, []).append(Message(text, params))

    def take(self, field: str, error: DomainError) -> None:
        """Note a refusal that a rule raised."""
        self._errors.setdefault(field, []).append(error.message)

    def __bool__(self) -> bool:
        return bool(self._errors)

    def __contains__(self, field: str) -> bool:
        return field in self._errors

    def as_mapping(self) -> Mapping[str, Sequence[Message]]:
        """Return what was collected."""
        return self._errors

    def raise_any(self) -> None:
        """Raise `ValidationFailed` when anything was noted."""
        if self._errors:
            raise ValidationFailed(self._errors)
