"""Every net beside its paper's numbers and the nets of torchvision, timm and pytorchcv.

    python -m benchmarks.reproduction [MODEL ...]

writes `cs231n_arch/interop/reproduction.csv`, a row for each net and library; with names, only their rows are new.
Needs timm and pytorchcv. Two nets are taken for equal if the layers that hold weights are the same one after the
other and, with the same random weights, each of them is given the same numbers. The first layer where that ends is
the row's difference.
"""

import argparse
import csv
import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import timm
import torch
import torchvision
from pytorchcv.model_provider import get_model
from torch import Tensor, nn

from cs231n_arch import list_models
from cs231n_arch.anatomy import layer_table
from cs231n_arch.interop.libraries import PYTORCHCV
from cs231n_arch.interop.matching import Layer, defined_order, first_difference, pairs, running_order
from cs231n_arch.models.layers import Net
from cs231n_arch.models.registry import MODELS, build, constructor
from tests.published.facts import FACTS

FILE = Path(__file__).parents[1] / "cs231n_arch" / "interop" / "reproduction.csv"
COLUMNS = (
    "model",
    "library",
    "name",
    "input",
    "params",
    "macs",
    "our_layer",
    "their_layer",
    "equal_form",
    "difference",
)
# What the libraries call our nets, where the name is another, or where the net is in another form.
TIMM = {"se_resnet50": "seresnet50"}
MORE_PYTORCHCV = {
    "alexnet": "alexnet",
    "zfnet": "zfnet",
    "nin_cifar": "nin_cifar10",
    "preact_resnet110": "preresnet110_cifar10",
    "preact_resnet164": "preresnet164bn_cifar10",
    "preact_resnet1001": "preresnet1001_cifar10",
    "wide_resnet50_2": "wrn50_2",
    "fractalnet_cifar": "fractalnet_cifar10",
    "densenet40_12": "densenet40_k12_cifar10",
    "se_resnet20": "seresnet20_cifar10",
}
LIBRARIES = ("torchvision", "timm", "pytorchcv")
Row = dict[str, str]


def theirs(library: str, model: str) -> tuple[str, Callable[[], nn.Module]] | None:
    """The library's name of a net of ours, and a function that builds it."""
    if library == "torchvision":
        known = torchvision.models.list_models(module=torchvision.models)
        return (model, lambda: torchvision.models.get_model(model)) if model in known else None
    if library == "timm":
        name = TIMM.get(model, model)
        return (name, lambda: timm.create_model(name)) if timm.is_model(name) else None
    name = PYTORCHCV[model][0] if model in PYTORCHCV else MORE_PYTORCHCV.get(model, "")
    return (name, lambda: get_model(name)) if name else None


def forms(model: str) -> Iterator[dict[str, object]]:
    """The options of our net under which it is tried: the paper's first."""
    options = inspect.signature(constructor(model)).parameters
    aux = {"aux": False} if "aux" in options else {}
    yield aux
    totals = getattr(import_module(f"cs231n_arch.models.{MODELS[model].file}"), "TOTALS", {}).get(model, {})
    for form in totals if "form" in options else ():
        if form != "paper":
            yield {"form": form, **aux}
    if model in PYTORCHCV:
        yield {**PYTORCHCV[model][1], **aux}


def layers(library: str, net: nn.Module, size: tuple[int, int, int]) -> list[Layer]:
    """Those that hold weights, without auxiliary classifiers."""
    order = defined_order if library == "pytorchcv" else running_order
    return [layer for layer in order(net, size) if "aux" not in layer.name.lower()]


def compare(
    library: str, model: str, options: dict[str, object], make: Callable[[], nn.Module]
) -> tuple[str, str]:
    """Our and their first layer that differ; two empty texts if all are equal."""
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        ours, other = build(model, **options), make()
        lists = layers(library, other, ours.input_size), layers("ours", ours, ours.input_size)
    if found := first_difference(*lists):
        return str(found[1] or "has ended"), str(found[0] or "has ended")
    tensors = pairs(*lists)
    state = random_state(other)
    other.load_state_dict(state, assign=True)
    shapes = {key: tensor.shape for key, tensor in ours.state_dict().items()}
    converted = {pair.ours: state[pair.theirs].reshape(shapes[pair.ours]) for pair in tensors}
    ours.load_state_dict(converted, assign=True)
    return given_otherwise(ours.eval(), other.eval(), lists)


def random_state(net: nn.Module) -> dict[str, Tensor]:
    """Weights that keep the scale of the signal, and statistics and shifts as after some training."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for key, like in net.state_dict().items():
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(1)
            continue
        middle = 1.0 * key.endswith("running_var") + 0.5 * key.endswith("weight")  # so that sums do not grow
        low, high = middle - 0.1, middle + 0.1
        if like.ndim > 1:
            high = (6 / like[0].numel()) ** 0.5
            low = -high
        state[key] = torch.empty(like.shape).uniform_(low, high, generator=generator)
    return state


def given_otherwise(ours: Net, other: nn.Module, lists: Sequence[list[Layer]]) -> tuple[str, str]:
    """The first layers that are given different numbers."""
    given: tuple[dict[str, Tensor], dict[str, Tensor]] = ({}, {})
    for kept, found in zip(given, lists, strict=True):
        for layer in found:
            layer.module.register_forward_pre_hook(keeper(kept, layer.name))
    image = torch.randn(1, *ours.input_size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ends: list[Tensor] = []
        for net in (other, ours):
            try:
                ends.append(net(image))
            except RuntimeError:  # sizes that do not go together
                ends.append(torch.empty(0))
    for their, our in zip(*lists, strict=True):
        one, another = given[0].get(their.name), given[1].get(our.name)
        if one is None or another is None or not alike(one, another):
            return f"what {our.name} is given", f"what {their.name} is given"
    return ("", "") if alike(*ends) else ("after the last layer", "after the last layer")


def keeper(kept: dict[str, Tensor], name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    """A hook that keeps what a layer is given first; what follows may work in place."""

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if name not in kept:
            kept[name] = inputs[0].flatten(1).clone()

    return keep


def alike(one: Tensor, other: Tensor) -> bool:
    """Equal to 1e-4 of the largest number."""
    return one.shape == other.shape and bool((one - other).abs().max() <= 1e-4 * other.abs().max())


def totals(net: nn.Module, size: tuple[int, int, int]) -> tuple[str, str]:
    """Parameters and MACs of what runs in evaluation mode."""
    table = layer_table(net, size)
    return str(table["params"].sum()), str(table["macs"].sum())


def rows(model: str) -> Iterator[Row]:
    """The paper's row, ours, and those of the libraries."""
    printed = {
        (architecture, "params" if "params" in of else "macs"): quantity
        for architecture, quantity, of in FACTS[model].printed
        if not architecture.startswith(("torchvision", "osmr", "timm")) and "exact" not in quantity
    }
    for architecture in dict.fromkeys(architecture for architecture, _ in printed):
        numbers = [value(printed, architecture, of) for of in ("params", "macs")]
        yield row(model, "paper", architecture, "", *numbers)
    with torch.device("meta"):
        ours = build(model)
    size = ours.input_size
    shape = "x".join(map(str, size))
    yield row(model, "ours", model, shape, *totals(ours, size))
    for library in LIBRARIES:
        if (found := theirs(library, model)) is None:
            continue
        name, make = found
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            sums = totals(make(), size)
        layers, equal = ("", ""), ""
        for number, options in enumerate(forms(model)):
            result = compare(library, model, options, make)
            layers = result if number == 0 else layers
            if result == ("", ""):
                said = ", ".join(f"{option}={what!r}" for option, what in options.items() if option != "aux")
                equal = said or "paper"
                break
        yield row(model, library, name, shape, *sums, *layers, equal, told(*layers))


def told(ours: str, theirs: str) -> str:
    """What is in one layer's text and not in the other's: "stride=(2, 2) for stride=(1, 1)"."""
    if not ours:
        return ""
    texts = [settings(text) for text in (ours, theirs)]
    if not all(texts):
        return "what it is given" if ours.startswith("what") else "what the net gives"
    if texts[0][0] != texts[1][0]:
        return f"{texts[0][0]} for {texts[1][0]}"
    own = [", ".join(part for part in one if part not in other) for one, other in (texts, texts[::-1])]
    return f"{own[0] or 'nothing'} for {own[1] or 'nothing'}"


def settings(layer: str) -> list[str]:
    """The kind and the arguments in a text such as "conv1, Conv2d(3, 64, kernel_size=(7, 7))"."""
    found = re.search(r" (\w+)\((.*)\)$", layer)
    if found is None:
        return []
    kind, arguments = found.groups()
    parts = re.findall(r"(?:\w+=)?(?:\([^)]*\)|[^,()\s]+)", arguments)
    names = ("in=", "out=") if kind == "Conv2d" else ("", "")
    return [kind, *(f"{name}{part}" for name, part in zip(names, parts, strict=False)), *parts[2:]]


def value(printed: dict[tuple[str, str], str], architecture: str, of: str) -> str:
    """A printed number as it stands, or nothing."""
    from cs231n_arch import published

    quantity = printed.get((architecture, of))
    return str(published.load(architecture, quantity)["value"].iloc[0]) if quantity else ""


def row(*values: str) -> Row:
    """One line of the file."""
    return dict(zip(COLUMNS, (*values, *[""] * len(COLUMNS)), strict=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", choices=[*list_models(), []], metavar="MODEL")
    models: list[str] = parser.parse_args().models or list_models()
    found: dict[str, list[Row]] = {}
    if FILE.exists():
        with FILE.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                found.setdefault(line["model"], []).append(line)
    for model in models:
        found[model] = list(rows(model))
        for line in found[model]:
            print(*line.values(), sep=" | ", flush=True)
        with FILE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(line for name in list_models() for line in found.get(name, ()))


if __name__ == "__main__":
    main()
