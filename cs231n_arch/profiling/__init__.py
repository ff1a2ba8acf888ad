"""What must be measured: time, memory, energy, and what bounds them.

`profile` measures one net, `compare` many. Both take any `nn.Module`.
"""

from cs231n_arch.machine import Machine, NotMeasurable
from cs231n_arch.profiling.faster import compare_forms, fold_batch_norm
from cs231n_arch.profiling.memory import peak_memory
from cs231n_arch.profiling.power import energy, find_meter
from cs231n_arch.profiling.report import Profile, compare, profile
from cs231n_arch.profiling.roofline import Peaks, measure_peaks, roofline
from cs231n_arch.profiling.timing import images, latency, layer_times, operator_times, processor_time

__all__ = [
    "Machine",
    "NotMeasurable",
    "Peaks",
    "Profile",
    "compare",
    "compare_forms",
    "energy",
    "find_meter",
    "fold_batch_norm",
    "images",
    "latency",
    "layer_times",
    "measure_peaks",
    "operator_times",
    "peak_memory",
    "processor_time",
    "profile",
    "roofline",
]
