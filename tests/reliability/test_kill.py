"""A few of the hundred kills of `kill.py`; CS231N_ARCH_KILLS says how many."""

import importlib.util
import os
from pathlib import Path

_spec = importlib.util.spec_from_file_location("kill", Path(__file__).parent / "kill.py")
kill = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(kill)


def test_killed_trainings_end_as_undisturbed_ones() -> None:
    kills = int(os.environ.get("CS231N_ARCH_KILLS", "3"))
    assert len(kill.main(kills=kills, steps=25, seed=1)) == kills
