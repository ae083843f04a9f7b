"""Refusals of accounts."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class WrongCredentials(DomainError):
    """The name or the password is wrong; which one is not said."""

    code = "wrong_credentials"
    kind = Kind.INVALID
    text = N_("The user name or the password is not right.")


class Throttled(DomainError):
    """Too many failed sign-ins in a short time."""

    code = "throttled"
    kind = Kind.THROTTLED
    text = N_("Too many failed attempts. Wait %(minutes)s minutes.")


class WeakPassword(DomainError):
    """The new password is too short or is the user's name."""

    code = "weak_password"
    kind = Kind.INVALID
    text = N_("Choose a password of at least %(length)s characters that is not your user name.")
    field = "new_password"


class WrongOldPassword(DomainError):
    """The old password was wrong."""

    code = "wrong_old_password"
    kind = Kind.INVALID
    text = N_("The present password is not right.")
    field = "old_password"


class UsernameTaken(Conflict):
    """Two users would have one name."""

    code = "username_taken"
    text = N_("Somebody already has this user name.")
    field = "username"


class OrganisationCodeTaken(Conflict):
    """Two organisations would have one code."""

    code = "organisation_code_taken"
    text = N_("Another organisation already has this code.")
    field = "code"


class RoleNotFitting(DomainError):
    """A role that makes no sense in this kind of organisation."""

    code = "role_not_fitting"
    kind = Kind.INVALID
    text = N_("This role does not fit this kind of organisation.")
    field = "roles"


class LastAdministrator(DomainError):
    """An organisation would be left without an administrator."""

    code = "last_administrator"
    text = N_("At least one active administrator must remain.")
