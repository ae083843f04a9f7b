"""Words for keys that contents keep, such as commodities: the areas above register them, for any language of the paper."""

from collections.abc import Mapping

_labels: dict[str, str] = {}


def register_labels(labels: Mapping[str, str]) -> None:
    """Tell the msgids of keys."""
    _labels.update(labels)


def label_msgid(key: str) -> str | None:
    """Return the msgid of a key; None when it is no key but words, which stay as they were frozen."""
    return _labels.get(key)
