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


class RolesApart(DomainError):
    """One person would sell and watch over the market in the same organisation."""

    code = "roles_apart"
    kind = Kind.INVALID
    text = N_("Nobody is both sales officer and market manager of one organisation.")
    field = "roles"


class LastAdministrator(DomainError):
    """An organisation would be left without an administrator."""

    code = "last_administrator"
    text = N_("At least one active administrator must remain.")


class OwnDeactivation(DomainError):
    """An administrator tried to shut themselves out."""

    code = "own_deactivation"
    text = N_("You cannot deactivate yourself. Another administrator must do it.")


class WorksElsewhere(DomainError):
    """One organisation cannot block a person, or set the password of one, who also works for another."""

    code = "works_elsewhere"
    text = N_(
        "This person also works for another organisation. Take away the roles here, or ask the platform operator."
    )


class RoleNeeded(DomainError):
    """A user would be left without any role."""

    code = "role_needed"
    kind = Kind.INVALID
    text = N_("Choose at least one role.")
    field = "roles"


class InvalidUsername(DomainError):
    """A user name that people could not type or tell apart."""

    code = "invalid_username"
    kind = Kind.INVALID
    text = N_(
        "A user name has 3 to 40 small letters without accents, digits, points or hyphens, and starts with a letter."
    )
    field = "username"


class InvalidOrganisationCode(DomainError):
    """A code that could not be printed on papers."""

    code = "invalid_organisation_code"
    kind = Kind.INVALID
    text = N_("A code has 2 to 20 capital letters, digits or hyphens, and starts with a letter.")
    field = "code"


class NameNeeded(DomainError):
    """A name is missing or far too long."""

    code = "name_needed"
    kind = Kind.INVALID
    text = N_("Write a name of at most %(limit)s characters.")
    field = "name"


class UnknownParent(DomainError):
    """The organisation above does not exist or is of a kind that holds no others."""

    code = "unknown_parent"
    kind = Kind.INVALID
    text = N_("Choose a federation, an association or a programme as the organisation above.")
    field = "parent"


class PermissionNotHeld(DomainError):
    """A token would be allowed more than the person who makes it."""

    code = "permission_not_held"
    kind = Kind.INVALID
    text = N_("A token can carry only permissions that you hold yourself.")
    field = "limited_to"


class TokenLifetime(DomainError):
    """A token that would be valid for no time or for too long."""

    code = "token_lifetime"
    kind = Kind.INVALID
    text = N_("A token is valid for 1 to %(limit)s days.")
    field = "days"


class TooManyTokens(DomainError):
    """A user holds as many valid tokens as one may."""

    code = "too_many_tokens"
    text = N_("You have %(limit)s valid tokens already. Revoke one first.")


class UnknownPreference(DomainError):
    """A language or number format that there is not."""

    code = "unknown_preference"
    kind = Kind.INVALID
    text = N_("Choose one of the options.")


class SamePassword(DomainError):
    """The new password is the old one."""

    code = "same_password"
    kind = Kind.INVALID
    text = N_("Choose a password that differs from the present one.")
    field = "new_password"


class UnknownUsername(DomainError):
    """Nobody who may sign in has this user name."""

    code = "unknown_username"
    kind = Kind.INVALID
    text = N_("Nobody has this user name.")
    field = "username"
