"""Versions and components in the reader's words; used by pages, notices and papers."""

from collections.abc import Mapping

from chain.core.i18n import Message
from chain.grading.scheme import class_names_of
from chain.grading.scheme_files import UnknownSchemeError, get_scheme, kept_own
from chain.lots.products import PRODUCT_LABELS
from chain.pricing.rules import Component, SchemeSpan
from chain.pricing.rules.explain import explained
from chain.web.i18n import gettext, using_language


def describe(span: SchemeSpan, language: str) -> list[str]:
    """Return a whole version in plain sentences of a language, for a notice, a paper or a page.

    "Cada litro de lunes a sábado: Bs 5,00." …
    """
    with using_language(language):
        return [gettext(one) for one in explained(span, class_names(span))]


def class_names(span: SchemeSpan) -> Mapping[str, Mapping[str, str]]:
    """Return the names of the classes that a version prices; empty for a scheme that is not at hand."""
    if span.content.grades_from is None:
        return {}
    key, edition = span.content.grades_from
    own = kept_own(key, edition)
    if own is not None:
        return class_names_of(own)
    try:
        return class_names_of(get_scheme(key, edition))
    except UnknownSchemeError:
        return {}


def component_text(component: Component) -> Message:
    """Return what a component is called, to be translated: words of the scheme stay as they were written."""
    return Message(component.label)


def label_text(label: str) -> Message:
    """Return a group's label, to be translated: products have names, classes were named before."""
    return Message(PRODUCT_LABELS.get(label, label))
