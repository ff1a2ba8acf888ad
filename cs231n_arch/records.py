"""Writing files so that a reader finds either the old content or the new, whatever interrupts the writing."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write `content` to `path`: into a temporary file beside it, onto the disk, then renamed.

    Args:
        path: where to; missing folders are made.
        content: text is written as UTF-8.

    Returns:
        The path.

    Raises:
        OSError: the folder cannot be written, or the disk is full. What was at `path` before is still there, and
            the temporary file is gone.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp makes it readable by its owner only
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target
