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
    "buyers:demand:opened": N_("Demand posted"),
    "buyers:demand:withdrawn": N_("Demand withdrawn"),
    "certification:certificate:registered": N_("Certificate registered"),
    "certification:certificate:suspended": N_("Certificate suspended"),
    "grading:scheme_choice:made": N_("Norm chosen"),
    "income:baseline:set": N_("Baseline set"),
    "income:baseline:replaced": N_("Baseline replaced"),
    "income:record:brought_in": N_("Earlier income brought in"),
    "lots:import:stored": N_("Lots imported from a file"),
    "lots:lot:registered": N_("Lot registered"),
    "lots:lot:graded": N_("Class confirmed"),
    "lots:lot:state_changed": N_("State of a lot changed"),
    "lots:lot:cancelled": N_("Lot cancelled"),
    "market:tender:opened": N_("Tender opened"),
    "market:tender:awarded": N_("Tender awarded"),
    "market:tender:passed_in": N_("Tender without a valid bid"),
    "market:tender:cancelled": N_("Tender cancelled"),
    "market:bid:placed": N_("Bid placed"),
    "market:award:accepted": N_("Winning bid accepted"),
    "market:award:declined": N_("Winning bid declined"),
    "producers:community:created": N_("Community created"),
    "producers:membership:begun": N_("Membership begun"),
    "producers:membership:ended": N_("Membership ended"),
    "producers:producer:registered": N_("Producer registered"),
    "producers:producer:changed": N_("Producer's data changed"),
    "settlement:advance:given": N_("Advance given"),
    "settlement:buyer_payment:recorded": N_("Payment of a buyer recorded"),
    "settlement:deduction:set": N_("Fee or deduction set"),
    "settlement:deduction:ended": N_("Fee or deduction ended"),
    "settlement:price:set": N_("Price set"),
    "settlement:receipt:printed": N_("Receipt printed"),
    "settlement:run:prepared": N_("Settlement prepared"),
    "settlement:run:approved": N_("Settlement approved"),
    "settlement:run:paid": N_("Settlement paid"),
    "settlement:run:discarded": N_("Settlement discarded"),
}


def label_of(tag: str) -> str:
    """Return the msgid of a tag's words, or the tag itself."""
    return TAG_LABELS.get(tag, tag)
