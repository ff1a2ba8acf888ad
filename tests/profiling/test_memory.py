import os
import sys
from importlib import import_module

import pytest
import torch
from torch import nn

from cs231n_arch.profiling import NotMeasurable, images, peak_memory
from cs231n_arch.profiling.memory import peak_of_process

CPU = torch.device("cpu")
MIB = 2**20


def test_weights_are_held_once_for_inference_and_three_times_for_training():
    model = nn.Linear(4096, 4096)  # 64 MiB
    peak = peak_memory(model, 1, (4096,), CPU)
    assert 64 * MIB <= peak.inference < 104 * MIB
    # Weights, gradients and momentum, and at most one temporary copy; the process may have had room before.
    assert 2.9 * 64 * MIB <= peak.training < 4.6 * 64 * MIB
    assert peak.note == ""


def test_activations_grow_with_the_batch_and_training_keeps_them():
    # oneDNN fills up the channels to the width of the vectors, at most 16: one channel alone takes as much memory.
    model = nn.Sequential(*(nn.Sequential(nn.Conv2d(16, 16, 1), nn.ReLU()) for _ in range(8)))
    peak = peak_memory(model, 4, (16, 256, 256), CPU)  # 16 MiB a layer's output
    assert 2 * 16 * MIB <= peak.inference < 12 * 16 * MIB  # input and output of a layer, and workspaces
    assert peak.training > (1 + 8) * 16 * MIB  # backward needs the image and the outputs of the eight rectifiers


def test_a_failing_model_says_why():
    with pytest.raises(RuntimeError, match=r"expected input.* to have 4 channels, but got 3"):
        peak_memory(nn.Conv2d(4, 4, 1), 1, (3, 8, 8), CPU)


def test_a_model_that_cannot_be_pickled_is_not_measurable():
    model = nn.Linear(2, 2)
    model.extra = lambda: None
    with pytest.raises(NotMeasurable, match="the model cannot be sent to a fresh process"):
        peak_of_process(model, 1, (2,))


DEADLY = """
import os
from torch import nn

class Deadly(nn.Linear):
    deadly_mode = False

    def forward(self, x):
        if self.training == self.deadly_mode:
            os.kill(os.getpid(), 9)
        return super().forward(x)
"""


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield import_module("deadly").Deadly(4, 4)
    del sys.modules["deadly"]


def test_a_process_that_the_system_ends_does_not_take_this_one_along(deadly):
    with pytest.raises(
        torch.OutOfMemoryError, match=r"ended the process \(signal 9\), most likely because it ran out of memory"
    ):
        peak_of_process(deadly, 1, (4,))


def test_inference_is_reported_where_training_does_not_fit(deadly):
    deadly.deadly_mode = True
    peak = peak_of_process(deadly, 1, (4,))
    assert peak.inference >= 0
    assert peak.training is None
    assert peak.note.startswith("training step: the system ended the process")


PRINTS = """
import os
from torch import nn

class Prints(nn.Linear):
    def forward(self, x):
        print("shape", tuple(x.shape))
        os.write(1, b"{}")
        return super().forward(x)
"""


def test_a_net_that_prints_is_measured(tmp_path, monkeypatch):
    (tmp_path / "prints.py").write_text(PRINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    peak = peak_of_process(import_module("prints").Prints(4, 4), 1, (4,))
    del sys.modules["prints"]
    assert peak.training >= peak.inference >= 0


def test_a_class_that_a_fresh_process_lacks_is_not_measurable(deadly, monkeypatch):
    monkeypatch.delenv("PYTHONPATH")
    with pytest.raises(NotMeasurable, match=r"a fresh process cannot take the model .*No module named 'deadly'"):
        peak_of_process(deadly, 1, (4,))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_allocator_of_a_cuda_device_is_read():
    model = nn.Linear(4096, 4096).cuda()
    before = [parameter.clone() for parameter in model.parameters()]
    peak = peak_memory(model, 1, (4096,), torch.device("cuda"))
    assert 64 * MIB <= peak.inference < 96 * MIB
    assert 3 * 64 * MIB <= peak.training < 5 * 64 * MIB
    assert all(torch.equal(now, then) for now, then in zip(model.parameters(), before, strict=True))
    assert images(1, (4096,), "cuda").is_cuda
