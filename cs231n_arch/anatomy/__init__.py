"""What can be known about a net without running it: sizes, parameters, operations, memory, receptive field."""

from cs231n_arch.anatomy.arithmetic import (
    Receptive,
    conv_macs,
    conv_output_size,
    conv_parameters,
    linear_parameters,
    receptive_field,
)
from cs231n_arch.anatomy.table import layer_table

__all__ = [
    "Receptive",
    "conv_macs",
    "conv_output_size",
    "conv_parameters",
    "layer_table",
    "linear_parameters",
    "receptive_field",
]
