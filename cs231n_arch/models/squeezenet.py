"""SqueezeNet: Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer (2016), arXiv 1602.07360."""

from typing import Literal, get_args

from torch import nn

from cs231n_arch.models.layers import Concat, Net, Sum, conv_relu, series, weighted

Version = Literal["1.0", "1.1"]

# Maps and kernel of conv1; the stages that max pooling follows. 1.0 is Table 1 of the paper, 1.1 a later release.
VERSIONS: dict[Version, tuple[int, int, tuple[int, ...]]] = {
    "1.0": (96, 7, (1, 4, 8)),
    "1.1": (64, 3, (1, 3, 5)),
}
FIRE_MODULES = range(2, 10)  # fire2 to fire9
SMALLEST: dict[Version, int] = {"1.0": 21, "1.1": 17}

Bypass = Literal["none", "simple", "complex"]


def fire(in_channels: int, squeeze1x1: int, expand1x1: int, expand3x3: int) -> nn.Sequential:
    """Fire module (Section 3.2, Figure 1): few 1x1 filters, then many 1x1 and 3x3 filters side by side.

    (N, in_channels, H, W) -> (N, expand1x1 + expand3x3, H, W).
    """
    return series(
        squeeze1x1=conv_relu(in_channels, squeeze1x1, 1),
        expand=Concat(
            expand1x1=conv_relu(squeeze1x1, expand1x1, 1),
            expand3x3=conv_relu(squeeze1x1, expand3x3, 3, padding=1),
        ),
    )


def fire_table(
    base_e: int = 128, incr_e: int = 128, pct_3x3: float = 0.5, freq: int = 2, squeeze_ratio: float = 0.125
) -> list[tuple[int, int, int]]:
    """Squeeze 1x1, expand 1x1 and expand 3x3 filters of fire2 to fire9, from the metaparameters (Section 5.1).

    Fire module i, counted from zero, has e = base_e + incr_e * (i // freq) expand filters, of which the
    fraction `pct_3x3` are 3x3, and squeeze_ratio * e squeeze filters. Fractions of a filter are rounded.

    Raises:
        ValueError: a metaparameter out of range, or a module without any filter of one of the three kinds.
    """
    if base_e < 1 or incr_e < 0 or freq < 1:
        raise ValueError(
            f"base_e and freq must be at least 1 and incr_e at least 0; given {base_e}, {freq} and {incr_e}"
        )
    if not 0 < pct_3x3 < 1 or not 0 < squeeze_ratio <= 1:
        raise ValueError(
            f"pct_3x3 must lie between 0 and 1 and squeeze_ratio in (0, 1]; given {pct_3x3} and {squeeze_ratio}"
        )
    table = []
    for i in range(len(FIRE_MODULES)):
        expand = base_e + incr_e * (i // freq)
        expand3x3 = round(pct_3x3 * expand)
        row = (round(squeeze_ratio * expand), expand - expand3x3, expand3x3)
        if min(row) < 1:
            raise ValueError(
                f"fire{i + 2} would have {row} squeeze 1x1, expand 1x1 and expand 3x3 filters, each at least 1: "
                f"base_e={base_e} is too small for pct_3x3={pct_3x3} and squeeze_ratio={squeeze_ratio}"
            )
        table.append(row)
    return table


def squeezenet(
    version: Version = "1.0",
    num_classes: int = 1000,
    in_channels: int = 3,
    *,
    base_e: int = 128,
    incr_e: int = 128,
    pct_3x3: float = 0.5,
    freq: int = 2,
    squeeze_ratio: float = 0.125,
    bypass: Bypass = "none",
    dropout: float = 0.5,
) -> Net:
    """SqueezeNet of Iandola et al. (2016), Table 1, and its design space.

    Input (N, 3, 227, 227), output (N, 1000).

    ===================  ==========  =============
    net                  parameters  MACs
    ===================  ==========  =============
    1.0                  1,248,424   832,667,936
    1.1                  1,235,496   387,747,520
    1.0, simple bypass   1,248,424   832,667,936
    1.0, complex bypass  1,589,672   1,183,953,184
    ===================  ==========  =============

    Args:
        version: `1.0` is the paper's net; `1.1` the authors' later release, with a smaller conv1
            and earlier poolings.
        num_classes: classes; conv10 makes one map for each.
        in_channels: channels of the images.
        base_e: expand filters of the first fire module (Section 5.1).
        incr_e: expand filters added after every `freq` fire modules.
        pct_3x3: fraction of the expand filters that are 3x3.
        freq: number of fire modules of one width.
        squeeze_ratio: squeeze filters as a fraction of the expand filters.
        bypass: Figure 2. `simple` adds a fire module's input to its output wherever both have as many maps:
            around fire3, fire5, fire7 and fire9; `complex` also sends it through a 1x1 convolution wherever
            they have not: around fire2, fire4, fire6 and fire8.
        dropout: probability of dropping a unit after fire9.

    Raises:
        ValueError: unknown version or bypass, or metaparameters that `fire_table` refuses.

    The paper gives no initialisation; it is that of the released Caffe definition (`init_release`), whose ReLU
    after conv10 is taken too. Table 1 prints a 224x224 input, from which 7x7 windows at stride 2 make 109
    positions and not the printed 111; 227, on which the release was trained, can. It prints 13x12 after the last
    pooling, for 13x13. Table 3 prints 7.7 MB for the complex bypass; the four 1x1 convolutions of Figure 2 make
    6.1 MB, counted as the table counts 4.8 MB for the net without.

    Differs from: the release of 1.0 pads the 1x1 conv10 by one pixel, so that 15x15 positions are averaged, which
    Table 1 and 1.1 do not. torchvision takes 224x224 and draws the weights from He's uniform distribution.
    """
    if version not in VERSIONS:
        raise ValueError(f"version must be '1.0' or '1.1'; given {version!r}")
    if bypass not in get_args(Bypass):
        raise ValueError(f"bypass must be 'none', 'simple' or 'complex'; given {bypass!r}")
    maps, kernel, pooled = VERSIONS[version]
    stages: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(in_channels, maps, kernel, stride=2),
        "relu1": nn.ReLU(inplace=True),
        "maxpool1": nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True),
    }
    table = fire_table(base_e, incr_e, pct_3x3, freq, squeeze_ratio)
    for number, (squeeze1x1, expand1x1, expand3x3) in zip(FIRE_MODULES, table, strict=True):
        module: nn.Module = fire(maps, squeeze1x1, expand1x1, expand3x3)
        expand = expand1x1 + expand3x3
        if bypass != "none" and maps == expand:
            module = Sum(body=module, shortcut=nn.Identity())
        elif bypass == "complex":
            module = Sum(body=module, shortcut=nn.Conv2d(maps, expand, kernel_size=1))
        stages[f"fire{number}"] = module
        maps = expand
        if number in pooled:
            stages[f"maxpool{number}"] = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
    stages["dropout9"] = nn.Dropout(dropout)
    stages["conv10"] = nn.Conv2d(maps, num_classes, kernel_size=1)
    stages["relu10"] = nn.ReLU(inplace=True)
    stages["avgpool10"] = nn.AdaptiveAvgPool2d(1)
    stages["flatten"] = nn.Flatten()

    net = Net(stages, input_size=(in_channels, 227, 227), smallest=SMALLEST[version])
    init_release(net)
    return net


def squeezenet1_0(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """SqueezeNet as in Table 1 of the paper: `squeezenet("1.0")`, which see.

    Input (N, 3, 227, 227), output (N, 1000); 1,248,424 parameters, 832,667,936 MACs.
    """
    return squeezenet("1.0", num_classes, in_channels, dropout=dropout)


def squeezenet1_1(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """The authors' second release, as accurate for less than half the operations: `squeezenet("1.1")`, which see.

    Input (N, 3, 227, 227), output (N, 1000); 1,235,496 parameters, 387,747,520 MACs.
    """
    return squeezenet("1.1", num_classes, in_channels, dropout=dropout)


def squeezenet_simple_bypass(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """SqueezeNet with identities around every other fire module: `squeezenet(bypass="simple")`, which see.

    Input (N, 3, 227, 227), output (N, 1000); 1,248,424 parameters, 832,667,936 MACs.
    """
    return squeezenet("1.0", num_classes, in_channels, bypass="simple", dropout=dropout)


def squeezenet_complex_bypass(num_classes: int = 1000, in_channels: int = 3, *, dropout: float = 0.5) -> Net:
    """SqueezeNet with a bypass around every fire module: `squeezenet(bypass="complex")`, which see.

    Input (N, 3, 227, 227), output (N, 1000); 1,589,672 parameters, 1,183,953,184 MACs.
    """
    return squeezenet("1.0", num_classes, in_channels, bypass="complex", dropout=dropout)


def init_release(net: Net) -> None:
    """The released Caffe definition: conv10 N(0, 0.01^2), others Caffe's "xavier"; biases zero.

    That filler is U(-a, a) with a^2 = 3 / fan-in, where Glorot & Bengio (2010) average fan-in and fan-out.
    """
    for layer in weighted(net):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
    conv10 = net.get_submodule("conv10")
    assert isinstance(conv10, nn.Conv2d)
    nn.init.normal_(conv10.weight, 0.0, 0.01)
