"""Measurements on file: CSV for spreadsheets, JSON with the machine, the command and the date."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cs231n_arch.records import read, stamp, write_atomically


@dataclass(frozen=True)
class Record:
    """Recorded measurements.

    Attributes:
        tables: name -> frame; `measurements` has the columns of `compare`.
        machine: where they were made, as written by `Machine`.
        command: what makes them again.
        date: day of the measurement, UTC.
        remark: what a reader should know about the circumstances.
    """

    tables: dict[str, pd.DataFrame]
    machine: dict[str, Any]
    command: str
    date: str
    remark: str = ""

    @property
    def measurements(self) -> pd.DataFrame:
        """The table of all records: one row for each model and batch size."""
        return self.tables["measurements"]


def save(
    path: str | os.PathLike[str], command: str, remark: str = "", **tables: pd.DataFrame
) -> tuple[Path, Path]:
    """Write `path`.csv, with the table `measurements`, and `path`.json, with all tables and where they were made.

    Raises:
        OSError: the folder cannot be written; an older record is still there.
    """
    content = {
        "command": command,
        "seed": 0,
        "remark": remark,
        **stamp(),
        "tables": {
            name: json.loads(frame.to_json(orient="records", double_precision=12))
            for name, frame in tables.items()
        },
    }
    # Appended, not with_suffix, which would take a dot in the name for a suffix.
    return (
        write_atomically(f"{os.fspath(path)}.csv", tables["measurements"].to_csv(index=False)),
        write_atomically(f"{os.fspath(path)}.json", json.dumps(content, indent=1) + "\n"),
    )


def load(name: str | os.PathLike[str] = "profile_cpu") -> Record:
    """A record of measurements: one that comes with the package by its name, or a file by its path.

    Raises:
        ValueError: no such record, or a file that holds none.
    """
    content, place = read(name, "holds no measurements")
    try:
        tables = {key: pd.DataFrame(rows) for key, rows in content["tables"].items()}
        return Record(tables, content["machine"], content["command"], content["date"], content["remark"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{place} holds no measurements: {type(error).__name__}, {error}") from error
