"""What the tags of the audit trail mean in words; a tag without words is shown as it is."""

from chain.core.i18n import N_

#: The areas that write records, as the filter of the page names them.
AREA_LABELS = {
    "accounts": N_("Users and organisations"),
    "producers": N_("Producers"),
    "buyers": N_("Buyers and demands"),
    "grading": N_("Norms"),
    "certification": N_("Certificates"),
    "lots": N_("Lots"),
    "market": N_("Market"),
    "settlement": N_("Settlements and payments"),
    "income": N_("Income"),
}

TAG_LABELS = {
    "accounts:sign_in:started": N_("Signed in"),
    "accounts:sign_in:ended": N_("Signed out"),
    "accounts:sign_in:organisation_switched": N_("Switched to another organisation"),
    "accounts:user:created": N_("User created"),
    "accounts:user:roles_set": N_("Roles changed"),
    "accounts:user:language_set": N_("Language changed"),
    "accounts:user:preferences_set": N_("Own settings changed"),
    "accounts:user:password_changed": N_("Password changed"),
    "accounts:user:password_reset": N_("Password reset by an administrator"),
    "accounts:user:deactivated": N_("User deactivated"),
    "accounts:user:reactivated": N_("User reactivated"),
    "accounts:token:created": N_("API token made"),
    "accounts:token:revoked": N_("API token revoked"),
    "accounts:organisation:created": N_("Organisation created"),
    "accounts:organisation:changed": N_("Organisation's data changed"),
}


def label_of(tag: str) -> str:
    """Return the msgid of a tag's words, or the tag itself."""
    return TAG_LABELS.get(tag, tag)
