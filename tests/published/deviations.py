"""Printed figures that a faithful net does not reproduce, and why: (architecture, quantity) -> reason.

The tests hold every other published figure against our models, and these against the claim that they differ.
"""

_ROUND = "a round figure"
_APPROXIMATE = "the parameter column of Table 1 is approximate; see the rows `weights_exact`"
_CUT = "cut, not rounded"

DEVIATIONS: dict[tuple[str, str], str] = {
    ("AlexNet", "params_as_printed"): f"{_ROUND}: 60.97 million in two towers, 62.38 million in one",
    ("AlexNet", "layer_output:norm1"): "the slide puts the pooling before the normalization, the paper after",
    ("AlexNet", "layer_output:norm2"): "the slide puts the pooling before the normalization, the paper after",
    (
        "VGG-16",
        "flops_as_printed_by_He",
    ): "counts the convolutions alone; for VGG-19 the same paper counts all layers",
    **{
        ("GoogLeNet", f"params_as_printed:inception{name}"): _APPROXIMATE
        for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    },
    ("GoogLeNet", "params_as_printed:conv3x3/1"): _APPROXIMATE,
    ("GoogLeNet", "params_as_printed:linear"): "counts 1024 as a thousand",
    (
        "GoogLeNet",
        "params_as_printed:conv7x7/2",
    ): "fits a separable convolution, not the 7x7 of the table's own line",
    ("GoogLeNet", "ops_as_printed:conv7x7/2"): "fits a separable convolution, not the 7x7 of the table's own line",
    ("GoogLeNet", "ops_as_printed:inception4a"): _CUT,
    ("GoogLeNet", "ops_as_printed:inception5a"): "54M printed; the line's own filters make 51M",
    ("ResNet-34", "flops_as_printed"): "belongs to shortcuts without parameters (option A): 3.644e9",
    ("ResNet-50", "flops_as_printed"): f"{_CUT}: 3.858e9",
    ("SE-ResNet-50", "flops_as_printed"): "counts the pooling and the scaling of the SE blocks too: 3.866e9",
    ("original ResNet-1202", "params_as_printed"): "a later paper's misprint: 10.2M is the 1001-layer net",
    (
        "pre-act ResNet-1001",
        "params_as_printed",
    ): "10.33 million with the projections and batch norms of the release",
    ("FractalNet (21 layers)", "params"): "printed by another paper; the net of Section 4 has 33.7 million",
    ("SqueezeNet v1.0", "layer_output:maxpool8"): "a misprint: the map is square",
}
