"""A disk that is really full: the kernel refuses to write, and nothing that was saved is lost."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

# From the sixth batch on no file may grow beyond 20,000 bytes, which is less than a checkpoint.
SCRIPT = """
import resource, signal, sys
from pathlib import Path
import torch
from cs231n_arch import create_model, data
from cs231n_arch.training import Files, recipes, train

folder, fills = Path(sys.argv[1]), sys.argv[2] == "fills"
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so a write that is refused raises, as on a full disk
batches = 0

def fill(images, generator):
    global batches
    batches += 1
    if fills and batches == 6:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    return images

torch.manual_seed(0)
model = create_model("lenet5", modern=True)
recipe = recipes.get("resnet_cifar").replace(lr=0.01)
run = train(model, data.load("digits", image_size=32), recipe, steps=11, device="cpu", augment=fill,
            files=Files(folder / "checkpoint.pt", checkpoint_every=4, resume=True), progress=False)
"""


def run(folder: Path, disk: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    words = [sys.executable, "-c", SCRIPT, str(folder), disk]
    return subprocess.run(words, capture_output=True, text=True)


def state(folder: Path) -> dict[str, object]:
    return torch.load(folder / "checkpoint.pt", weights_only=True)["state"]


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="this system has no limit on the size of files")
def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path) -> None:
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    assert run(quiet, "has room").returncode == 0
    full = run(disturbed, "fills")
    assert full.returncode != 0
    assert "OSError: [Errno 27] File too large" in full.stderr  # the kernel's own words
    assert [file.name for file in disturbed.iterdir()] == ["checkpoint.pt"]  # no half-written one beside it
    assert state(disturbed)["now"]["step"] == 4
    assert run(disturbed, "has room").returncode == 0
    ours, undisturbed = state(disturbed), state(quiet)
    assert ours["now"]["step"] == 11
    assert all(torch.equal(value, ours["model"][name]) for name, value in undisturbed["model"].items())
