"""One PDF of many, written as it is read: only one part is in memory at a time.

Each part's objects are copied with numbers that follow those of the part before; at the end come one tree of pages, the
catalogue and the table of positions. Outlines, forms and tags are left out: bulk prints have none.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

#: Numbers of the objects that are written last; the parts' numbers follow them.
CATALOGUE, PAGES, FIRST = 1, 2, 3
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def merge_pdfs(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of one PDF with the pages of all parts, in their order.

    Raises:
        pypdf.errors.PdfReadError: a part is no PDF.
    """
    positions: dict[int, int] = {}
    pages: list[int] = []
    written, offset = len(HEADER), FIRST - 1
    yield HEADER
    for part in parts:
        count = 0
        for number, content in _objects(part, offset, pages):
            positions[number] = written
            yield content
            written += len(content)
            count += 1
        offset += count
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    for number, body in (
        (PAGES, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids)),
        (CATALOGUE, b"<< /Type /Catalog /Pages %d 0 R >>" % PAGES),
    ):
        positions[number] = written
        content = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        yield content
        written += len(content)
    yield _table(positions, written)


def _objects(part: bytes, offset: int, pages: list[int]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each object that the pages of a part need; note the numbers of its pages."""
    writer = PdfWriter()
    for page in PdfReader(BytesIO(part)).pages:
        writer.add_page(page)
    leaves = {page.indirect_reference.idnum for page in writer.pages if page.indirect_reference}
    pages += [
        page.indirect_reference.idnum + offset for page in writer.pages if page.indirect_reference is not None
    ]
    for number in range(1, len(writer._objects) + 1):  # noqa: SLF001 - pypdf has no public way to walk a new file's objects
        found = writer._objects[number - 1]  # noqa: SLF001 - the same
        content = BytesIO()
        if number in leaves and isinstance(found, DictionaryObject):
            found = DictionaryObject({key: value for key, value in found.items() if key != "/Parent"})
            content.write(b"<< /Parent %d 0 R " % PAGES)
            _write_items(found, offset, content)
        elif found is None:
            content.write(b"null")
        else:
            _write(found, offset, content)
        yield number + offset, b"%d 0 obj\n%s\nendobj\n" % (number + offset, content.getvalue())


def _write(found: Any, offset: int, out: BytesIO) -> None:
    """Write an object, every reference moved by the part's offset."""
    if isinstance(found, IndirectObject):
        out.write(b"%d 0 R" % (found.idnum + offset))
    elif isinstance(found, StreamObject):
        data = found._data  # noqa: SLF001 - as it is packed
        out.write(b"<< /Length %d " % len(data))
        _write_items(found, offset, out)
        out.write(b"\nstream\n" + data + b"\nendstream")
    elif isinstance(found, DictionaryObject):
        out.write(b"<< ")
        _write_items(found, offset, out)
    elif isinstance(found, ArrayObject):
        out.write(b"[")
        for one in found:
            _write(one, offset, out)
            out.write(b" ")
        out.write(b"]")
    else:
        found.write_to_stream(out)


def _write_items(found: DictionaryObject, offset: int, out: BytesIO) -> None:
    for key, value in found.items():
        if key == "/Length" and isinstance(found, StreamObject):
            continue
        NameObject(key).write_to_stream(out)
        out.write(b" ")
        _write(value, offset, out)
        out.write(b" ")
    out.write(b">>")


def _table(positions: dict[int, int], start: int) -> bytes:
    """Return the table of positions and the end of the file."""
    size = max(positions) + 1
    rows = [b"0000000000 65535 f \n"]
    rows += [
        b"%010d 00000 n \n" % positions[number] if number in positions else b"0000000000 65535 f \n"
        for number in range(1, size)
    ]
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, CATALOGUE, start)
    return b"xref\n0 %d\n" % size + b"".join(rows) + trailer
