"""Two tests with two threads each, on two cores, wait for each other ten times as long as they work."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ASKS = "import torch\ndef test(): print('threads', torch.get_num_threads())\n"


def threads(tmp_path: Path, *arguments: str, **environment: str) -> set[str]:
    """What PyTorch takes in the tests of a fresh pytest."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(ASKS)
    mine = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS" and "XDIST" not in key}
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-rP", *arguments]
    told = subprocess.run(
        [*command, str(tmp_path)], env={**mine, **environment}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
    return {line.split()[1] for line in told.stdout.splitlines() if line.startswith("threads ")}


def test_workers_share_the_cores(tmp_path):
    assert threads(tmp_path, "-n", "2") == {str(max(1, os.cpu_count() // 2))}


def test_alone_a_test_has_what_pytorch_takes(tmp_path):
    code = "import torch; print(torch.get_num_threads())"
    mine = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    usual = subprocess.run([sys.executable, "-c", code], env=mine, capture_output=True, text=True, check=True)
    assert threads(tmp_path, "-p", "no:xdist") == {usual.stdout.strip()}


def test_a_readers_own_choice_stands(tmp_path):
    everything = str(os.cpu_count())
    assert threads(tmp_path, "-n", "2", OMP_NUM_THREADS=everything) == {everything}
