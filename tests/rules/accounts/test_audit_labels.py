"""Every tag of the audit trail has words."""

import importlib
import pkgutil
import re
from enum import StrEnum
from inspect import getmembers, isclass

import chain
from chain.accounts.audit_labels import AREA_LABELS, TAG_LABELS, label_of

TAG = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+")


def tags() -> set[str]:
    found: set[str] = set()
    for module in pkgutil.walk_packages(chain.__path__, "chain."):
        if ".services" in module.name:
            for _, kind in getmembers(importlib.import_module(module.name), isclass):
                if issubclass(kind, StrEnum) and kind.__name__.endswith("Audit"):
                    found |= {str(member) for member in kind}
    return found


def test_every_tag_has_words_and_every_word_a_tag_s_form() -> None:
    assert {tag for tag in tags() if tag not in TAG_LABELS} == set()
    assert all(TAG.fullmatch(tag) and tag.split(":")[0] in AREA_LABELS for tag in TAG_LABELS)


def test_an_unknown_tag_is_shown_as_it_is() -> None:
    assert label_of("x:y:z") == "x:y:z"
