"""A plain notebook in a real JupyterLab: it runs to its end, and shows no markup."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_it_runs_to_its_end_and_can_be_read(book: Path, tmp_path: Path) -> None:
    if shutil.which("chromium") is None and shutil.which("google-chrome") is None:
        pytest.skip("no Chromium is installed")
    command = [
        sys.executable,
        str(ROOT / ".ci" / "jupyterlab.py"),
        str(book / "notebooks"),
        str(tmp_path),
        "first",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "no complaint" in done.stdout
    assert list(tmp_path.glob("first-*.png"))
