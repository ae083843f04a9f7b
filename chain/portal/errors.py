"""Refusals of alerts and searches."""

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_


class NotAnEmail(DomainError):
    """What was typed cannot be a mail address."""

    code = "not_an_email"
    kind = Kind.INVALID
    text = N_("Write an e-mail address such as maria@example.org.")
    field = "email"


class MailIsOff(DomainError):
    """The operator has not connected a mail server."""

    code = "mail_is_off"
    text = N_("This installation sends no e-mail. Alerts stand on the page only.")


class WrongCode(DomainError):
    """The code of the mail was mistyped, is too old, or was tried too often."""

    code = "mail_code_wrong"
    kind = Kind.INVALID
    text = N_("This code is not right any more. Look at the mail again or ask for a new code.")
    field = "code"


class EmailNotConfirmed(DomainError):
    """Mails are wanted at an address that nobody has proven to own."""

    code = "email_not_confirmed"
    text = N_("Confirm your e-mail address first.")
    field = "pace"


class TooManySearches(DomainError):
    """A user keeps more searches than anybody reads."""

    code = "too_many_searches"
    text = N_("You keep %(limit)s searches already. Delete one first.")


class SearchNameTaken(DomainError):
    """The user has another search of that name."""

    code = "board_search_name_taken"
    kind = Kind.INVALID
    text = N_("You have another search of this name.")
    field = "name"


class CodeJustSent(DomainError):
    """A new code is asked for within a minute of the last one."""

    code = "mail_code_just_sent"
    kind = Kind.THROTTLED
    text = N_("A code was sent a moment ago. Look at your mail, or ask again in a minute.")
