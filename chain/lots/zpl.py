r"""Labels in ZPL II for label printers of 203 dots per inch. Pure.

Text is UTF-8 (^CI28). What ZPL takes for a command or an escape is written as its hexadecimal bytes after ^FH.
"""

from collections.abc import Sequence

from chain.lots.label_content import Label, Sheet
from chain.web.qr import qr_modules

DOTS_PER_MM = 8
#: Characters that begin a command (^ ~), an escape (_) or mean something inside text fields (\).
_SPECIAL = frozenset("^~_\\")
#: Width of an average letter of font 0 as a share of its height.
LETTER = 0.52


def zpl_of(labels: Sequence[Label], sheet: Sheet) -> str:
    """Return the print job of labels on a roll."""
    return "".join(_label(label, sheet) for label in labels)


def zpl_text(text: str) -> str:
    """Return a text as field data after ^FH: special and control characters as _XX."""
    return "".join(
        "".join(f"_{byte:02X}" for byte in letter.encode())
        if letter in _SPECIAL or not letter.isprintable()
        else letter
        for letter in text
    )


def _label(label: Label, sheet: Sheet) -> str:
    width, height = round(sheet.width * DOTS_PER_MM), round(sheet.height * DOTS_PER_MM)
    is_large = sheet.width > 60  # noqa: PLR2004 - mm; the two rolls are 50 and 100 wide
    margin = 24 if is_large else 12
    foot = 44 if is_large else 30
    room = height - 2 * margin - foot
    scale = max(1, min(10, room // qr_modules(label.address)))
    code = qr_modules(label.address) * scale
    left = margin + code + margin
    lines = ["^XA", "^CI28", f"^PW{width}", f"^LL{height}", "^LH0,0"]
    # ^BQ leaves ten dots of its own above the code
    lines.append(f"^FO{margin},{max(margin - 10, 0)}^BQN,2,{scale}^FDMA,{label.address}^FS")
    top = margin
    for text, size in _lines(label, is_large=is_large):
        if text:
            lines.append(_text(left, top, size, text, width - left - margin // 2))
            top += round(size * 1.15)
    number = f"{label.printed_number}  {label.bag}".strip()
    lines.append(_text(margin, height - foot - margin // 3, foot - 4, number, width - 2 * margin))
    lines.append("^XZ")
    return "\n".join(lines) + "\n"


def _lines(label: Label, *, is_large: bool) -> list[tuple[str, int]]:
    """Return what stands beside the code, with its height in dots."""
    sizes = (34, 28, 46, 22, 52, 34, 28, 24) if is_large else (20, 18, 26, 15, 30, 20, 18, 16)
    texts = (
        label.product, label.colour, label.klass, label.norm, label.amount, label.claim, label.day, label.house,
    )  # fmt: skip
    return list(zip(texts, sizes, strict=True))


def _text(left: int, top: int, size: int, text: str, width: int) -> str:
    letters = max(1, int(width / (size * LETTER)))
    shown = text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
    return f"^FO{left},{top}^A0N,{size},{size}^FH^FD{zpl_text(shown)}^FS"
