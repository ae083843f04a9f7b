"""Words for keys and explanations that contents keep as data: the areas above register them, for any language of the paper."""

from collections.abc import Callable, Mapping
from typing import Any

_labels: dict[str, str] = {}
#: From a frozen explanation and the currency to a sentence in the language and the numbers of the moment.
Explainer = Callable[[Mapping[str, Any] | None, str], str]
_explainers: list[Explainer] = []


def register_labels(labels: Mapping[str, str]) -> None:
    """Tell the msgids of keys."""
    _labels.update(labels)


def label_msgid(key: str) -> str | None:
    """Return the msgid of a key; None when it is no key but words, which stay as they were frozen."""
    return _labels.get(key)


def register_explainer(explainer: Explainer) -> None:
    """Tell how explanations that contents keep as data (inputs of a formula) are put into words; one for all."""
    _explainers[:] = [explainer]


def explained(explanation: Mapping[str, Any] | None, currency: str) -> str:
    """Return an explanation in words; empty when there is none, or nobody can tell it."""
    return _explainers[0](explanation, currency) if explanation and _explainers else ""
