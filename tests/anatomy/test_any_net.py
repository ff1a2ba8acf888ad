"""`layer_table` on nets of other libraries: nothing is lost, nothing is counted twice, and nothing is changed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from cs231n_arch import layer_table
from cs231n_arch.anatomy.modes import held_by

TIMM = [
    "beit_base_patch16_224",
    "caformer_s18",
    "coat_tiny",
    "convit_tiny",
    "convmixer_768_32",
    "convnext_atto",
    "cpubone_s0",
    "cs3darknet_s",
    "cspnext_s",
    "davit_tiny",
    "deit_tiny_patch16_224",
    "dla34",
    "dpn68",
    "edgenext_small",
    "efficientformer_l1",
    "efficientformerv2_s0",
    "efficientvit_b0",
    "efficientvit_m0",
    "efficientvim_m1",
    "ese_vovnet19b_slim",
    "eva02_tiny_patch14_224",
    "fasternet_s",
    "fastvit_s12",
    "gernet_s",
    "ghostnet_050",
    "gmlp_s16_224",
    "halonet26t",
    "hardcorenas_a",
    "hgnet_tiny",
    "hiera_tiny_224",
    "hrnet_w18",
    "iformer_s",
    "inception_next_atto",
    "lcnet_050",
    "levit_128s",
    "lowformer_b0",
    "mambaout_femto",
    "mixnet_s",
    "mobilevit_xxs",
    "mvitv2_tiny",
    "nextvit_small",
    "pit_ti_224",
    "pvt_v2_b0",
    "regnetz_005",
    "repghostnet_050",
    "repvit_m1",
    "res2net50_26w_4s",
    "resnest14d",
    "resnetv2_18",
    "rexnet_100",
    "selecsls42",
    "shvit_s1",
    "skresnet18",
    "starnet_s1",
    "swiftformer_xs",
    "test_efficientnet",
    "test_maxvit",
    "test_nfnet",
    "test_vit",
    "test_vit_relpos",
    "tiny_vit_5m_224",
    "visformer_tiny",
    "volo_d1_224",
    "xcit_nano_12_p8_224",
]
NETS = {
    **{f"torchvision {name}": name for name in torchvision.models.list_models(torchvision.models)},
    **{f"timm {name}": name for name in TIMM},
}


@contextmanager
def weightless() -> Iterator[None]:
    """Nets whose constructors compute with numbers, so that they cannot be built on meta as a whole, have none."""
    register = nn.Module.register_parameter

    def on_meta(self: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        register(
            self, name, parameter if parameter is None else nn.Parameter(parameter.detach().to("meta"), False)
        )

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(nn.Module, "register_parameter", on_meta)
        yield


def built(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    library, name = name.split()
    with weightless():
        if library == "timm":
            net = timm.create_model(name)
            return net.to("meta"), net.default_cfg["input_size"]
        return torchvision.models.get_model(name, weights=None).to("meta"), (3, 224, 224)


class Witness(TorchDispatchMode):
    """Which parameters have been used, and the bytes that childless modules have allocated for their outputs."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.own = {id(p): p for p in net.parameters()}
        self.used: dict[int, nn.Parameter] = {}
        self.bytes: dict[str, int] = {}
        for name, module in net.named_modules():
            if not any(module.children()):
                module.register_forward_hook(lambda _, inputs, output, name=name: self.add(name, inputs, output))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.used |= {id(t): self.own[id(t)] for t in tree_leaves((args, kwargs)) if id(t) in self.own}
        return func(*args, **(kwargs or {}))

    def add(self, name: str, inputs: object, output: object) -> None:
        old, new = (
            {
                t.untyped_storage()._cdata: t.untyped_storage().nbytes()
                for t in tree_leaves(x)
                if isinstance(t, Tensor)
            }
            for x in (inputs, output)
        )
        self.bytes[name] = self.bytes.get(name, 0) + sum(new[key] for key in new.keys() - old.keys())


def state(net: nn.Module) -> list[tuple[int, list[object]]]:
    """Every object that the net holds, by its identity: modes, tensors, hooks, what it keeps for later."""
    return [
        (
            id(c),
            [(key, id(value)) for key, value in c.items()] if isinstance(c, dict) else [id(value) for value in c],
        )
        for c in held_by(net)
    ]


@pytest.mark.parametrize("name", NETS)
def test_nothing_is_lost_or_changed(name: str) -> None:
    net, size = built(name)
    net.train()
    before = state(net)
    table = layer_table(net, size)
    assert state(net) == before

    net.eval()
    witness = Witness(net)
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter, witness:
        net(torch.empty(1, *size))
    assert table["params"].sum() == sum(p.numel() for p in witness.used.values())
    assert 2 * table["macs"].sum() == counter.get_total_flops()
    layers = table[table["name"].isin(witness.bytes.keys())]
    wanted = {name: witness.bytes[name] for name in layers["name"]}
    assert layers.groupby("name")["activation_bytes"].sum().to_dict() == wanted
    assert not table["kind"].str.contains("not counted").any()
    operations = table[~table["name"].isin(witness.bytes.keys())]
    assert (operations["activation_bytes"] >= 0).all()
