"""Refusals of producers."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class AlreadyMember(Conflict):
    """The document belongs to somebody in the roll of this organisation, which may therefore see who it is."""

    code = "already_member"
    text = N_("%(name)s is already in your roll with this document, code %(member_code)s.")
    field = "document_number"


class DocumentOfAnother(Conflict):
    """The document is on file under quite another name; nothing of that person is told."""

    code = "document_of_another"
    text = N_("This document is on file under another name. Check the number and the name.")
    field = "document_number"


class MemberCodeTaken(Conflict):
    """Another member of the organisation has this code."""

    code = "member_code_taken"
    text = N_("Another member already has the code %(member_code)s.")
    field = "member_code"


class NotAMember(DomainError):
    """The producer left the organisation, so nothing new can be done for them there."""

    code = "not_a_member"
    kind = Kind.REFUSED
    text = N_("This person is no longer a member. Take them back first.")


class LeavingBeforeJoining(DomainError):
    """The last day lies before the first, or in the future."""

    code = "membership_dates"
    kind = Kind.INVALID
    text = N_("The last day must lie from %(first)s to %(last)s.")
    field = "left_on"


class CommunityExists(Conflict):
    """The country has a community of that name in that district."""

    code = "community_exists"
    text = N_("This community is already in the list.")
    field = "name"


class UnknownCard(DomainError):
    """A scanned member card is none of the organisation's valid ones: copied wrongly, replaced, or of another centre."""

    code = "unknown_card"
    kind = Kind.NOT_FOUND
    text = N_(
        "This card is not valid here. Perhaps it was replaced by a new one, or belongs to another centre."
    )
