"""Where a measurement was made: a time without its machine says nothing."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch

import cs231n_arch


def find_device(name: str | torch.device | None = None) -> torch.device:
    """The device of this name; by default the CUDA device if there is one, else the CPU.

    Raises:
        ValueError: there is no such device here.
    """
    here = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    try:
        device = torch.empty(0, device=here[-1] if name is None else name).device
        if device.type == "meta":
            raise RuntimeError("nothing is computed on the meta device")
        return device
    except (RuntimeError, AssertionError) as error:  # the latter where PyTorch was built without CUDA
        raise ValueError(f"there is no device {str(name)!r} here, but {' and '.join(here)}") from error


class NotMeasurable(RuntimeError):  # noqa: N818  (it is an answer, not a failure)
    """This machine has no way to measure what was asked; the message says why."""

    def __str__(self) -> str:
        return f"not measurable here: {super().__str__()}"


@dataclass(frozen=True)
class Machine:
    """The machine, the software and how busy both were.

    Attributes:
        processor: name of the CPU.
        instruction_set: what PyTorch computes with on it, such as "AVX2" or "AVX512"; each adds the same numbers
            in another order. Older records do not tell it.
        cores: CPU cores that this process may use.
        threads: threads that PyTorch computes with.
        memory_bytes: main memory; None where the system does not tell.
        accelerator: name of the CUDA device, or None.
        system: operating system.
        versions: of Python, torch and this package.
        load: processes that were running or waiting, averaged over the last minute; None where the system does not
            tell. Well above 1 with nothing else started by us, other programs were competing for the cores.
    """

    processor: str
    instruction_set: str
    cores: int
    threads: int
    memory_bytes: int | None
    accelerator: str | None
    system: str
    versions: dict[str, str]
    load: float | None

    @classmethod
    def here(cls) -> "Machine":
        """This machine, now."""
        return cls(
            processor=processor_name(),
            instruction_set=torch.backends.cpu.get_cpu_capability(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            threads=torch.get_num_threads(),
            memory_bytes=main_memory(),
            accelerator=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            system=platform.platform(terse=True),
            versions={
                "python": platform.python_version(),
                "torch": torch.__version__,
                "cs231n_arch": cs231n_arch.__version__,
            },
            load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        )

    def __str__(self) -> str:
        cores = f"{self.cores} core{'s' if self.cores != 1 else ''}"
        where = f"{self.processor}, {cores}, {self.threads} thread{'s' if self.threads != 1 else ''}"
        return f"{where}, {self.accelerator}" if self.accelerator else where


def processor_name() -> str:
    """Name of the CPU as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str | None:
    """The commit of this library; None where its files are in no repository, or where there is no git.

    Installed into an environment that lies within somebody's repository, the library is not part of it: only a
    repository that tracks this very file can tell the commit.
    """
    if shutil.which("git") is None:
        return None
    here = Path(__file__)

    def git(*words: str) -> str:
        told = subprocess.run(["git", *words], cwd=here.parent, capture_output=True, text=True, check=False)
        return told.stdout.strip() if told.returncode == 0 else ""

    return (git("ls-files", "--error-unmatch", here.name) and git("rev-parse", "HEAD")) or None


def main_memory() -> int | None:
    """Bytes of main memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows has no sysconf, some systems lack the two names
        return None
