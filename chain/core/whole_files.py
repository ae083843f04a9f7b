"""Files that appear only when they are whole: a full disk or a kill leaves what was there before."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Yield a path to write; when the block ends it takes the place of `out` in one step, when it raises it is gone.

    What is no ordinary file, such as /dev/stdout, is written as it is.

    Raises:
        OSError: there is no space, no such folder, or no permission.
    """
    if out.exists() and not out.is_file():
        yield out
        return
    descriptor, name = tempfile.mkstemp(dir=out.parent, suffix=".part")
    os.close(descriptor)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o644)
        os.replace(unfinished, out)  # noqa: PTH105 — replaces the target in one step on every system
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
