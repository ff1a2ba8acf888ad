"""Energy and power, where a meter can be read; where none can, the answer is the reason, never an estimate.

Two meters are known: the energy counter of an NVIDIA device (NVML, since Volta), and the processor's own (RAPL),
which Linux shows under /sys/class/powercap. Both count the energy of the whole device or processor package,
whoever uses it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import torch

from cs231n_arch.machine import NotMeasurable
from cs231n_arch.profiling.timing import wait

Reading = tuple[int, ...]


class Meter(Protocol):
    """A counter of energy."""

    name: str

    def read(self) -> Reading:
        """The counter as it stands now."""

    def joules(self, before: Reading, after: Reading) -> float:
        """The energy between two readings."""


@dataclass
class Rapl:
    """The counters of the processor packages (Running Average Power Limit), in microjoules, which wrap around.

    Raises:
        NotMeasurable: there is no counter, or it may not be read.
    """

    root: Path = Path("/sys/class/powercap")
    name: str = "RAPL, processor package"
    ranges: list[int] = field(init=False)

    def __post_init__(self) -> None:
        # Zones are intel-rapl:0, intel-rapl:1 (AMD's too); a second colon marks a part of one. Some machines have
        # a zone "psys" too, the whole machine with its packages.
        zones = (path for path in self.root.glob("intel-rapl:*") if path.name.count(":") == 1)
        self.packages = sorted(path for path in zones if zone_name(path).startswith("package"))
        if not self.packages:
            raise NotMeasurable(f"no RAPL energy counter under {self.root}")
        try:
            self.ranges = [int((path / "max_energy_range_uj").read_text()) for path in self.packages]
            self.read()
        except OSError as error:
            raise NotMeasurable(f"the RAPL energy counter may not be read: {error}") from error

    def read(self) -> Reading:
        """Microjoules of each package."""
        return tuple(int((path / "energy_uj").read_text()) for path in self.packages)

    def joules(self, before: Reading, after: Reading) -> float:
        """The packages' energy, at most one turn of each counter apart."""
        packages = zip(before, after, self.ranges, strict=True)
        return sum((end - start) % (limit + 1) for start, end, limit in packages) / 1e6


def zone_name(zone: Path) -> str:
    """Name of a RAPL zone, such as `package-0`, which is assumed where the system tells none."""
    try:
        return (zone / "name").read_text().strip()
    except OSError:
        return "package"


class Nvml:
    """The energy counter of one NVIDIA device, in millijoules since the driver was loaded.

    Raises:
        NotMeasurable: nvidia-ml-py is not installed, or the driver or the device has no such counter.
    """

    def __init__(self, uuid: str, nvml: Any = None) -> None:
        if nvml is None:
            try:
                nvml = import_module("pynvml")
            except ImportError as error:
                raise NotMeasurable("nvidia-ml-py, which reads the device's energy, is not installed") from error
        self.nvml = nvml
        try:
            nvml.nvmlInit()
            # By its identity, since CUDA_VISIBLE_DEVICES renumbers devices for PyTorch but not for NVML.
            self.handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
            self.read()
        except nvml.NVMLError as error:
            raise NotMeasurable(f"the device's energy counter cannot be read: {error}") from error
        self.name = f"NVML, {nvml.nvmlDeviceGetName(self.handle)}"

    def read(self) -> Reading:
        """Millijoules of the device."""
        return (int(self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle)),)

    def joules(self, before: Reading, after: Reading) -> float:
        """The device's energy."""
        return (after[0] - before[0]) / 1e3


def find_meter(device: torch.device) -> Meter:
    """The meter of a device.

    Raises:
        NotMeasurable: it has none that can be read; the message says why.
    """
    if device.type == "cuda":
        return Nvml(str(torch.cuda.get_device_properties(device).uuid))
    if device.type == "cpu":
        return Rapl()
    raise NotMeasurable(f"no energy meter is known for the device {device.type}")


@dataclass(frozen=True)
class Energy:
    """What a repeated call drew.

    Attributes:
        watts: mean power while it ran.
        idle_watts: mean power of the same meter just before, with nothing started by us.
        joules: energy of one call, idle power included.
        calls: calls that were measured.
        meter: what was read.
    """

    watts: float
    idle_watts: float
    joules: float
    calls: int
    meter: str


def energy(run: Callable[[], object], meter: Meter, device: torch.device, *, seconds: float = 2.0) -> Energy:
    """Energy and power of a call, repeated for `seconds`, after as long a rest that tells the idle power.

    Raises:
        NotMeasurable: the counter stood still.
    """
    run()
    wait(device)
    before, start = meter.read(), time.perf_counter()
    time.sleep(seconds)
    idle = meter.joules(before, meter.read()) / (time.perf_counter() - start)

    calls, before, start = 0, meter.read(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        run()
        wait(device)
        calls += 1
    taken = time.perf_counter() - start
    joules = meter.joules(before, meter.read())
    if joules <= 0:
        raise NotMeasurable(f"the counter ({meter.name}) stood still for {taken:.1f} s of work")
    return Energy(joules / taken, idle, joules / calls, calls, meter.name)
