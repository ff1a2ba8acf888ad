"""How much work to do here: seconds on a CPU, the real thing on a GPU."""

import os
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

import torch
from torch import Tensor, nn

from cs231n_arch.anatomy import layer_table

VARIABLE = "CS231N_ARCH_BUDGET"
# MACs of a batch from which bf16 pays: below, to convert weights and feature maps takes about what it saves. On
# one core with AVX-512 it has 0.8 of the speed of fp32 at 0.01e9 (LeNet-5), 1.0 at 0.1e9, 1.6 at 5e9 (ResNet-20).
WORTH_BF16 = 10**9
T = TypeVar("T")


@dataclass(frozen=True)
class Budget:
    """The work that a chapter may do.

    Attributes:
        name: `cpu`: small embedded real data, seconds. `gpu`: CIFAR-10 and larger, downloaded, minutes and more.
        device: where to compute, as PyTorch names it.
        reason: why this budget was chosen.
    """

    name: Literal["cpu", "gpu"]
    device: str
    reason: str

    @classmethod
    def auto(cls) -> Self:
        """The budget that the environment variable CS231N_ARCH_BUDGET names, else the one that the device allows.

        Raises:
            ValueError: the variable is neither `cpu` nor `gpu`.
        """
        device = "cuda" if torch.cuda.is_available() else "cpu"
        chosen = os.environ.get(VARIABLE, "")
        if not chosen:
            found = "a CUDA device was found" if device == "cuda" else "no CUDA device was found"
            return cls("gpu" if device == "cuda" else "cpu", device, found)
        if chosen not in ("cpu", "gpu"):
            raise ValueError(f"{VARIABLE} must be 'cpu' or 'gpu'; given {chosen!r}")
        # The variable chooses the work; it cannot create a device, and a CPU's work runs anywhere.
        return cls("gpu" if chosen == "gpu" else "cpu", device, f"{VARIABLE}={chosen}")

    @property
    def data(self) -> str:
        """Name of the data set for `data.load`."""
        return self.choose(cpu="digits", gpu="cifar10")

    def choose(self, *, cpu: T, gpu: T) -> T:
        """The value for this budget: `epochs=budget.choose(cpu=3, gpu=160)`."""
        return cpu if self.name == "cpu" else gpu

    def __str__(self) -> str:
        return f"budget {self.name} on {self.device} ({self.reason}): data {self.data!r}"


def fast_precision(model: nn.Module, image: Tensor, batch_size: int) -> Literal["bf16", "fp32"]:
    """`bf16` where the device multiplies in it, not merely imitates it, and a batch is worth it; otherwise `fp32`.

    Args:
        model: on the device where it will be trained.
        image: (1, C, H, W), on the same device.
        batch_size: images that are computed at once.
    """
    if not multiplies_bf16(image.device):
        return "fp32"
    try:
        macs = batch_size * int(layer_table(model, inputs=image)["macs"].sum())
    except ValueError:  # a model whose operators cannot be seen
        return "fp32"
    return "bf16" if macs >= WORTH_BF16 else "fp32"


def multiplies_bf16(device: torch.device) -> bool:
    """Whether the device has instructions for products of bf16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    can = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))
