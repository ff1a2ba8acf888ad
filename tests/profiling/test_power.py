"""The stand-ins below test our arithmetic and our reasons, not that a meter is right."""

import sys
import time
from types import SimpleNamespace

import pytest
import torch

from cs231n_arch.profiling import NotMeasurable, energy, find_meter
from cs231n_arch.profiling.power import Nvml, Rapl

CPU = torch.device("cpu")


@pytest.fixture
def powercap(tmp_path):
    """Two packages and a part of one, as Linux shows them."""
    for name, energy_uj, limit in (
        ("intel-rapl:0", 900, 999),
        ("intel-rapl:1", 5_000_000, 10**9),
        ("intel-rapl:0:0", 7, 999),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{energy_uj}\n")
        (tmp_path / name / "max_energy_range_uj").write_text(f"{limit}\n")
    return tmp_path


def test_rapl_adds_packages_and_unwinds_a_counter_that_turned_over(powercap):
    meter = Rapl(powercap)
    before = meter.read()
    assert before == (900, 5_000_000)  # a part of a package is in it already
    (powercap / "intel-rapl:0/energy_uj").write_text("100\n")
    (powercap / "intel-rapl:1/energy_uj").write_text("8000000\n")
    assert meter.joules(before, meter.read()) == pytest.approx(3.0002)  # 1,000 values in a turn


def test_a_zone_that_contains_the_packages_does_not_count(powercap):
    (powercap / "intel-rapl:0/name").write_text("package-0\n")
    (powercap / "intel-rapl:1/name").write_text("psys\n")
    meter = Rapl(powercap)
    before = meter.read()
    (powercap / "intel-rapl:0/energy_uj").write_text("910\n")
    (powercap / "intel-rapl:1/energy_uj").write_text("9000000\n")
    assert meter.joules(before, meter.read()) == pytest.approx(1e-5)


def test_no_rapl_is_not_measurable(tmp_path):
    with pytest.raises(NotMeasurable, match=r"^not measurable here: no RAPL energy counter under"):
        Rapl(tmp_path)


def test_a_counter_that_may_not_be_read_is_not_measurable(powercap):
    (powercap / "intel-rapl:0/energy_uj").unlink()
    (powercap / "intel-rapl:0/energy_uj").mkdir()  # reading fails, even for root
    with pytest.raises(NotMeasurable, match=r"the RAPL energy counter may not be read: .*energy_uj"):
        Rapl(powercap)


class StandInError(Exception):
    """What NVML raises."""


def stand_in(millijoules):
    """An NVML whose counter goes through the given values."""
    values = iter(millijoules)

    def read(handle):
        value = next(values)
        if isinstance(value, Exception):
            raise value
        return value

    return SimpleNamespace(
        NVMLError=StandInError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda uuid: uuid,
        nvmlDeviceGetName=lambda handle: "Stand-in",
        nvmlDeviceGetTotalEnergyConsumption=read,
    )


def test_nvml_counts_millijoules_of_the_device_with_this_identity():
    meter = Nvml("abc", stand_in([1, 5_000, 12_500]))
    assert meter.handle == "GPU-abc"
    assert meter.name == "NVML, Stand-in"
    assert meter.joules(meter.read(), meter.read()) == 7.5


def test_a_device_without_a_counter_is_not_measurable():
    with pytest.raises(NotMeasurable, match="the device's energy counter cannot be read: Not Supported"):
        Nvml("abc", stand_in([StandInError("Not Supported")]))


def test_no_nvml_is_not_measurable(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(NotMeasurable, match="nvidia-ml-py, which reads the device's energy, is not installed"):
        Nvml("abc")


def test_a_device_of_another_kind_is_not_measurable():
    with pytest.raises(NotMeasurable, match="no energy meter is known for the device meta"):
        find_meter(torch.device("meta"))


class Constant:
    """A meter of 2 W at rest and 10 W at work."""

    name = "constant"

    def __init__(self):
        self.start, self.work = time.perf_counter(), 0.0

    def read(self):
        return (int(1e6 * (2 * (time.perf_counter() - self.start) + 8 * self.work)),)

    def joules(self, before, after):
        return (after[0] - before[0]) / 1e6


def test_power_is_energy_over_time_at_rest_and_at_work():
    meter = Constant()

    def run():
        time.sleep(0.02)
        meter.work = meter.work + 0.02

    drawn = energy(run, meter, CPU, seconds=0.2)
    assert drawn.idle_watts == pytest.approx(2, rel=0.05)
    assert 2 < drawn.watts <= 10  # a sleep takes longer than asked, which is rest
    assert drawn.joules * drawn.calls == pytest.approx(drawn.watts * 0.2, rel=0.3)
    assert drawn.meter == "constant"


def test_a_counter_that_stands_still_is_not_measurable():
    still = SimpleNamespace(name="still", read=lambda: (1,), joules=lambda before, after: 0.0)
    with pytest.raises(NotMeasurable, match=r"the counter \(still\) stood still for"):
        energy(lambda: None, still, CPU, seconds=0.01)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_device_draws_more_at_work():
    pytest.importorskip("pynvml", reason="reads the device's energy: pip install nvidia-ml-py")
    device = torch.device("cuda")
    matrix = torch.rand(8192, 8192, device=device)
    drawn = energy(lambda: matrix @ matrix, find_meter(device), device, seconds=2)
    assert drawn.watts > 1.2 * drawn.idle_watts > 0
