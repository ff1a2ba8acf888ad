"""How much work to do here: seconds on a CPU, the real thing on a GPU."""

import os
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

import torch

VARIABLE = "CS231N_ARCH_BUDGET"
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


def fast_precision(device: torch.device) -> Literal["bf16", "fp32"]:
    """`bf16` where the device multiplies matrices in it, not merely imitates it; otherwise `fp32`."""
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    can = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return "bf16" if can.get("avx512_bf16") or can.get("amx_bf16") else "fp32"
