"""What marshmallow says of a value, in words for the reader's language: its own sentences are English and for programmers."""

import re

from chain.core.errors import InvalidId
from chain.core.i18n import N_, Message

#: What marshmallow says (a pattern, its groups are parameters) and what we say instead.
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (r"Missing data for required field\.", N_("This field is missing.")),
        (r"Field may not be null\.", N_("This field cannot be empty.")),
        (r"Unknown field\.", N_("This field does not exist here.")),
        (r"Invalid (?:input )?type\.", N_("An object with fields is expected here.")),
        (r"Not a valid mapping type\.", N_("An object with fields is expected here.")),
        (r"Not a valid list\.", N_("A list is expected here.")),
        (r"Not a valid (?:utf-8 )?string\.", N_("A text is expected here.")),
        (r"Not a valid integer\.", N_("A whole number is expected here.")),
        (r"Not a valid number\.", N_("A number is expected here.")),
        (r"Number too large\.", N_("The number is too large.")),
        (r"Special numeric values \(nan or infinity\) are not permitted\.", N_("A number is expected here.")),
        (r"Not a valid boolean\.", N_("Write true or false.")),
        (r"“(?P<value>.*)” is not a valid id \(UUID version 7\)\.", InvalidId.text),
        (r"Not a valid UUID\.", N_("An id (UUID version 7) is expected here.")),
        (r"Not a valid date\.", N_("A date is expected here: year-month-day.")),
        (
            r"Not a valid (?:aware )?datetime\.",
            N_("A moment with its offset is expected here, such as 2026-03-02T07:45:00-05:00."),
        ),
        (r"Must be one of: (?P<choices>.*)\.", N_("It must be one of these: %(choices)s.")),
        (r"Longer than maximum length (?P<most>\d+)\.", N_("It is too long: at most %(most)s.")),
        (r"Shorter than minimum length (?P<least>\d+)\.", N_("It is too short: at least %(least)s.")),
        (
            r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.",
            N_("The length must lie from %(least)s to %(most)s."),
        ),
        (r"Length must be (?P<exact>\d+)\.", N_("The length must be %(exact)s.")),
        (
            r"Must be greater than or equal to (?P<least>\S+) and less than or equal to (?P<most>\S+)\.",
            N_("It must lie from %(least)s to %(most)s."),
        ),
        (r"Must be greater than or equal to (?P<least>\S+)\.", N_("It must be at least %(least)s.")),
        (r"Must be less than or equal to (?P<most>\S+)\.", N_("It must be at most %(most)s.")),
        (r"Must be greater than (?P<bound>\S+)\.", N_("It must be above %(bound)s.")),
        (r"Must be less than (?P<bound>\S+)\.", N_("It must be below %(bound)s.")),
        (r"String does not match expected pattern\.", N_("This text does not have the expected form.")),
        (r"Invalid (?:value|input)\.", N_("This value is not accepted here.")),
    )
)


def schema_message(text: str) -> Message:
    """Return our sentence for one of marshmallow's; a sentence that it does not have is given back as it is."""
    for pattern, ours in _SENTENCES:
        found = pattern.fullmatch(text)
        if found is not None:
            return Message(ours, found.groupdict())
    return Message(text)
