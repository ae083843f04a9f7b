"""Refusals of certification."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class NotAnIssuer(DomainError):
    """Only guarantee committees and the producers' own organisations keep certificates."""

    code = "not_an_issuer"
    kind = Kind.FORBIDDEN
    text = N_("Your organisation cannot keep certificates.")


class NotYourCertificate(DomainError):
    """The certificate may be seen here and is kept by another organisation."""

    code = "not_your_certificate"
    kind = Kind.FORBIDDEN
    text = N_("Another organisation keeps this certificate. Only that one can suspend it.")


class UnknownMember(DomainError):
    """The producer is no member of the organisation that wants to keep the certificate."""

    code = "unknown_member"
    kind = Kind.INVALID
    text = N_("This person is not a member. Register them as a member first.")
    field = "producer_id"


class CertificateNumberTaken(Conflict):
    """The organisation already keeps a certificate with this number."""

    code = "certificate_number_taken"
    text = N_("A certificate with the number %(number)s is already registered.")
    field = "number"


class AlreadySuspended(Conflict):
    """The certificate was suspended before, with another day or reason."""

    code = "already_suspended"
    text = N_("The certificate is already suspended, from %(suspended_from)s.")


class SuspensionOutsideValidity(DomainError):
    """The suspension would begin before the certificate's first or after its last day."""

    code = "suspension_outside_validity"
    kind = Kind.INVALID
    text = N_("The day must lie from %(first)s to %(last)s, while the certificate is valid.")
    field = "suspended_from"


class ReasonMissing(DomainError):
    """A suspension says why."""

    code = "reason_missing"
    kind = Kind.INVALID
    text = N_("Write the reason, in %(low)s to %(high)s letters.")
    field = "reason"
