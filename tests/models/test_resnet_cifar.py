"""The residual and plain nets for CIFAR-10 of He et al. (2015), Section 4.2."""

import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table
from cs231n_arch.models.resnet_cifar import resnet_cifar

F = nn.functional
MILLIONS = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7, 1202: 19.4}  # Table 6


def meta(**options: object) -> nn.Sequential:
    with torch.device("meta"):
        return resnet_cifar(**options)


@pytest.mark.parametrize(
    ("depth", "params", "macs"),
    [
        (20, 269_722, 40_551_040),
        (32, 464_154, 68_862_592),
        (44, 658_586, 97_174_144),
        (56, 853_018, 125_485_696),
        (110, 1_727_962, 252_887_680),
    ],
)
def test_totals(depth: int, params: int, macs: int) -> None:
    for options, more_params, more_macs in (
        ({}, 0, 0),
        ({"residual": False}, 0, 0),
        ({"shortcut": "B"}, 2_752, 262_144),
    ):
        table = layer_table(meta(depth=depth, **options))
        assert (table["params"].sum(), table["macs"].sum()) == (params + more_params, macs + more_macs)


@pytest.mark.parametrize("depth", MILLIONS)
def test_table_6_in_millions(depth: int) -> None:
    count = sum(p.numel() for p in meta(depth=depth).parameters())
    assert count / 1e6 == pytest.approx(MILLIONS[depth], rel=0.02)
    if depth == 1202:
        assert count == 19_421_274


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_names_build_their_depth(depth: int) -> None:
    for prefix, shortcuts in (("resnet", (depth - 2) // 2), ("plain", 0)):
        with torch.device("meta"):
            net = create_model(f"{prefix}{depth}")
        weighted = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        assert len(weighted) == depth  # option A has no weights
        assert sum(name.endswith("shortcut") for name, _ in net.named_modules()) == shortcuts


def test_map_sizes_of_section_4_2() -> None:
    net, x, shapes = meta(), torch.empty(1, 3, 32, 32, device="meta"), {}
    for name, stage in net.named_children():
        x = stage(x)
        shapes[name] = tuple(x.shape[1:])
    sizes = [shapes[name] for name in ("conv1", "conv2_x", "conv3_x", "conv4_x", "avgpool", "fc")]
    assert sizes == [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8), (64, 1, 1), (10,)]


class Twin(nn.Module):
    """Written down anew, as one loop over the weight layers."""

    def __init__(self, units: int, shortcut: str | None) -> None:
        super().__init__()
        self.shortcut = shortcut
        self.plan, maps_in = [], 16
        layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)]
        for maps in (16, 32, 64):
            for unit in range(units):
                stride = 2 if maps > 16 and unit == 0 else 1
                projects = shortcut == "C" or (shortcut == "B" and maps_in != maps)
                self.plan.append((maps - maps_in, projects))
                layers += [nn.Conv2d(maps_in, maps, 3, stride, 1, bias=False), nn.BatchNorm2d(maps)]
                layers += [nn.Conv2d(maps, maps, 3, 1, 1, bias=False), nn.BatchNorm2d(maps)]
                if projects:
                    layers += [nn.Conv2d(maps_in, maps, 1, stride, bias=False), nn.BatchNorm2d(maps)]
                maps_in = maps
        self.layers = nn.ModuleList(layers)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        layers = iter(self.layers)
        x = F.relu(next_norm(layers, x))
        for extra, projects in self.plan:
            y = next_norm(layers, F.relu(next_norm(layers, x)))
            if projects:
                x = next_norm(layers, x)
            elif extra:
                x = F.pad(x[..., ::2, ::2], (0, 0, 0, 0, 0, extra))
            x = F.relu(y if self.shortcut is None else y + x)
        return self.fc(x.mean(dim=(2, 3)))


def next_norm(layers: object, x: Tensor) -> Tensor:
    conv, norm = next(layers), next(layers)
    return norm(conv(x))


@pytest.mark.parametrize("shortcut", ["A", "B", "C", None])
def test_plain_class_twin(shortcut: str | None) -> None:
    torch.manual_seed(0)
    options = {"residual": False} if shortcut is None else {"shortcut": shortcut}
    net, twin = resnet_cifar(depth=14, **options), Twin(2, shortcut)
    names = list(net.state_dict())
    net.load_state_dict(dict(zip(names, twin.state_dict().values(), strict=True)))
    for side in (32, 31):
        x = torch.randn(4, 3, side, side)
        torch.testing.assert_close(net(x), twin(x))


@pytest.mark.parametrize("depth", [2, 7, 9, 18, 21])
def test_bad_depth(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"depth must be 6n\+2 .*; given {depth}"):
        resnet_cifar(depth=depth)


def test_bad_shortcut() -> None:
    with pytest.raises(ValueError, match="shortcut must be 'A', 'B' or 'C'; given 'a'"):
        resnet_cifar(shortcut="a")
