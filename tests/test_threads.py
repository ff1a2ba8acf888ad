"""One thread for small nets, sleeping threads on a busy machine, and a user's own choice before both."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cs231n_arch.threads import NUMBER, WAITING

ROOT = Path(__file__).parents[1]
ASKS = "import torch\ndef test(): print('threads', torch.get_num_threads())\n"
KERNEL = "from cs231n_arch.notebook import setup; import torch; setup(); print(torch.get_num_threads())"
COMMAND = """
import os, sys
os.getloadavg = lambda: ({load}, 0.0, 0.0)
import cs231n_arch.cli
assert "torch" not in sys.modules, "it would read the environment too early"
cs231n_arch.cli.main(["list", "lenet5"])
import torch
print(os.environ.get("OMP_WAIT_POLICY"))
"""
HERE = {key: value for key, value in os.environ.items() if key not in NUMBER + WAITING and "XDIST" not in key}


def run(*arguments: str, **chosen: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python, with no more in the environment than is chosen."""
    return subprocess.run(
        [sys.executable, *arguments], env={**HERE, **chosen}, capture_output=True, text=True, check=True
    )


def said(*arguments: str, **chosen: str) -> str:
    """The last line that it prints."""
    return run(*arguments, **chosen).stdout.splitlines()[-1]


@pytest.mark.parametrize("way", [("-n", "2"), ("-p", "no:xdist")])
@pytest.mark.parametrize(("chosen", "threads"), [({}, "1"), ({"OMP_NUM_THREADS": "2"}, "2")])
def test_tests_have_one_thread_side_by_side_and_alone(
    tmp_path: Path, way: tuple[str, str], chosen: dict[str, str], threads: str
) -> None:
    shutil.copy(ROOT / "conftest.py", tmp_path)
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(ASKS)
    told = run("-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-rP", *way, str(tmp_path), **chosen)
    lines = [line for line in told.stdout.splitlines() if line.startswith("threads ")]
    assert lines == [f"threads {threads}"] * 2


def test_a_chapter_has_one_thread_and_so_have_its_processes() -> None:
    assert said("-c", KERNEL) == "1"
    assert said("-c", f"{KERNEL}; import os; print(os.environ['OMP_NUM_THREADS'])") == "1"
    assert said("-c", KERNEL, OMP_NUM_THREADS="2") == "2"


def test_the_command_waits_asleep_where_the_machine_is_busy() -> None:
    assert said("-c", COMMAND.format(load=1.0)) == "passive"
    assert said("-c", COMMAND.format(load=0.1)) == "None"
    assert said("-c", COMMAND.format(load=1.0), OMP_WAIT_POLICY="active") == "active"
    assert said("-c", COMMAND.format(load=1.0), GOMP_SPINCOUNT="1000") == "None"


@pytest.mark.skipif(sys.platform != "linux", reason="asks GNU's OpenMP, which PyTorch uses on Linux")
def test_that_choice_reaches_pytorch() -> None:
    told = run("-c", COMMAND.format(load=1.0), OMP_DISPLAY_ENV="true")
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in told.stderr
