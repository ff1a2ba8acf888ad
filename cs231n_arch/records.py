"""What every record has in common: it is written whole or not at all, says where it was made, and is read back."""

import json
import os
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from cs231n_arch.machine import Machine, commit


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write `content` to `path`: into a temporary file next to it, onto the disk, then renamed.

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


def stamp() -> dict[str, Any]:
    """When, by which code and where a result was made: `date` (UTC), `commit`, and `machine` with its versions."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "machine": asdict(Machine.here()),
    }


def read(name: str | os.PathLike[str], refusal: str) -> tuple[Any, str]:
    """The JSON of a record, and its place: a record of the package by its name, or a file by its path.

    Args:
        name: or path.
        refusal: how the message goes on after the name of a file that is no JSON.

    Raises:
        ValueError: no such record, or a file that is no JSON.
    """
    inside = files("cs231n_arch") / "results" / f"{os.fspath(name)}.json"
    place = inside if inside.is_file() else Path(name)
    if not place.is_file():
        raise ValueError(f"no record is named {os.fspath(name)!r}, and there is no such file")
    try:
        return json.loads(place.read_text(encoding="utf-8")), str(place)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{place} {refusal}: {error}") from error
