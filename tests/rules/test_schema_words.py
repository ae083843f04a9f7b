"""Every sentence that marshmallow can say of our schemas has one of ours, in both languages."""

import marshmallow as ma
import pytest
from marshmallow import fields, validate

from chain.web.i18n import gettext, using_language
from chain.web.schema_words import schema_message

EVERY_FIELD = ma.Schema.from_dict(
    {
        "text": fields.String(required=True, validate=validate.Length(min=2, max=3)),
        "long": fields.String(validate=validate.Length(max=3)),
        "short": fields.String(validate=validate.Length(min=3)),
        "exact": fields.String(validate=validate.Length(equal=3)),
        "form": fields.String(validate=validate.Regexp("a+$")),
        "whole": fields.Integer(strict=True, validate=validate.Range(min=1, max=9)),
        "low": fields.Integer(validate=validate.Range(min=1)),
        "high": fields.Integer(validate=validate.Range(max=1)),
        "above": fields.Integer(validate=validate.Range(min=1, min_inclusive=False)),
        "below": fields.Integer(validate=validate.Range(max=1, max_inclusive=False)),
        "part": fields.Decimal(),
        "truth": fields.Boolean(),
        "id": fields.UUID(),
        "day": fields.Date(),
        "moment": fields.AwareDateTime(),
        "choice": fields.String(validate=validate.OneOf(["a", "b"])),
        "many": fields.List(fields.Integer()),
        "inner": fields.Nested(ma.Schema.from_dict({"x": fields.Integer()})),
        "map": fields.Dict(),
    }
)
WRONG: list[dict[str, object]] = [
    {},
    {"text": None},
    {"text": 1, "unknown": 1, "whole": 1.5, "many": 1, "inner": 1, "map": 1, "truth": "perhaps"},
    {"text": "x", "long": "xxxx", "short": "x", "exact": "x", "form": "b", "whole": 99, "low": 0, "high": 2},
    {"text": "xx", "above": 1, "below": 1, "part": "x", "id": "x", "day": "x", "moment": "x", "choice": "c"},
    {"text": "xx", "moment": "2026-03-02T07:45:00", "part": "NaN", "many": ["x"], "inner": {"x": "x"}},
]


def sentences(messages: object) -> list[str]:
    """Return the leaves of marshmallow's nested messages."""
    if isinstance(messages, dict):
        return [leaf for value in messages.values() for leaf in sentences(value)]
    return [str(text) for text in messages] if isinstance(messages, list) else [str(messages)]


@pytest.mark.parametrize("values", WRONG)
def test_marshmallow_never_speaks_for_itself(values: dict[str, object]) -> None:
    for theirs in sentences(EVERY_FIELD().validate(values)):
        ours = schema_message(theirs)
        assert str(ours) != theirs, theirs
        with using_language("es"):
            spanish = gettext(ours)
        with using_language("en"):
            english = gettext(ours)
        assert spanish != english == str(ours)
        assert "%(" not in spanish + english


def test_bounds_and_choices_are_kept() -> None:
    told = schema_message("Must be greater than or equal to 1 and less than or equal to 200.")
    assert str(told) == "It must lie from 1 to 200."
    assert str(schema_message("Must be one of: a, b.")) == "It must be one of these: a, b."


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert str(schema_message("100% of it")) == "100% of it"
