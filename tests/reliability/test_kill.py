"""A few of the hundred kills of `kill.py`, which is run by hand."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("kill", Path(__file__).parent / "kill.py")
kill = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(kill)


def test_killed_trainings_end_as_undisturbed_ones() -> None:
    assert kill.main(kills=3, steps=25, seed=1) > 0
