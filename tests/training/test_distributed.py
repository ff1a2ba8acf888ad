"""Two real processes give what one gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from cs231n_arch.training.batches import DeviceBatches
from cs231n_arch.training.distributed import World, process_group

SCRIPT = """
import sys, torch
from cs231n_arch import create_model, data
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.training import Files, Recipe, train
from cs231n_arch.training.distributed import process_group
from cs231n_arch.training.schedules import Constant

torch.manual_seed(0)
model = create_model("lenet5", modern=True)
recipe = Recipe("test", "none", "sgd", 0.02, Constant(), batch_size=64, epochs=1, momentum=0.9)
with process_group() as world:
    run = train(model, data.load("digits", image_size=32), recipe, steps=8, device="cpu", progress=False,
                augment=CropAndFlip(2, flip=False), files=Files(sys.argv[1] + "/c.pt", resume=True))
    if world.leads:
        history = run.history.drop(columns="seconds").to_dict("list")
        result = {"size": world.size, "weights": model.state_dict(), "history": history}
        torch.save(result, sys.argv[1] + "/result.pt")
"""


def run(folder: Path, processes: int) -> dict[str, object]:
    folder.mkdir()
    (folder / "script.py").write_text(SCRIPT)
    launcher = [sys.executable]
    if processes > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    subprocess.run(
        [*launcher, str(folder / "script.py"), str(folder)],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    return torch.load(folder / "result.pt", weights_only=True)


@pytest.mark.skipif(
    not torch.distributed.is_available(), reason="this PyTorch was built without torch.distributed"
)
def test_two_processes_give_the_result_of_one(tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", 1), run(tmp_path / "two", 2)
    assert (one["size"], two["size"]) == (1, 2)
    for name, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][name], weight, rtol=1e-4, atol=1e-5)
    for column in ("step", "train_error", "test_error"):  # every image counted, and none twice
        assert two["history"][column] == pytest.approx(one["history"][column], abs=2e-3)
    assert two["history"]["train_loss"] == pytest.approx(one["history"]["train_loss"], rel=1e-3)


def test_shares_are_disjoint_and_complete() -> None:
    items = torch.arange(11)
    shares = [World(rank, 3).share(items) for rank in range(3)]
    assert sorted(torch.cat(shares).tolist()) == items.tolist()


def test_the_processes_share_each_batch_of_the_single_one() -> None:
    images, labels = torch.arange(20.0).view(20, 1, 1, 1), torch.arange(20)
    both = (images, labels)
    whole = [y.tolist() for _, y in DeviceBatches(both, both, 6, seed=1).epoch(0)]
    parts = [
        [y.tolist() for _, y in DeviceBatches(both, both, 6, seed=1, world=World(rank, 2)).epoch(0)]
        for rank in range(2)
    ]
    for batch, first, second in zip(whole, *parts, strict=True):
        assert len(first) == len(second)
        assert sorted(first + second) == sorted(batch)
    with pytest.raises(ValueError, match="batch_size must be a multiple of the 4 processes; given 6"):
        DeviceBatches(both, both, 6, seed=1, world=World(0, 4))


def test_a_single_process_is_left_as_it_is() -> None:
    net = nn.Linear(2, 2)
    assert World(0, 1).wrap(net, torch.device("cpu"), sync_bn=True) is net
    with pytest.raises(ValueError, match="needs CUDA devices; given cpu"):
        World(0, 2).wrap(net, torch.device("cpu"), sync_bn=True)
    with process_group() as world:
        assert world == World(0, 1)
