"""Every registered model against what is published about it: totals, layers, sizes. Failures name the source."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from cs231n_arch import create_model, layer_table, list_models, published
from tests.published.deviations import DEVIATIONS
from tests.published.facts import FACTS
from tests.published.tables import Table

# What a row `prefix:line` of a table says of a layer. Rows with other prefixes (filters, depth, text) say
# something else, or are held against arithmetic in tests/published.
SAYS = {
    "layer_output": "size",
    "params": "params",
    "params_before_pruning": "params",
    "params_as_printed": "weights",
    "weights": "weights",
    "weights_exact": "weights",
    "macs": "macs",
    "macs_exact": "macs",
    "ops_as_printed": "macs",
    "activations_exact": "values",
}


@dataclass
class Layer:
    shape: tuple[int, ...]
    params: int = 0
    weights: int = 0
    macs: int = 0


def output_shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    """The output of every stage for one image, read by hooks and not from the layer table."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, output: object) -> None:
        shapes[name] = tuple(first(output).shape[1:])

    for name, stage in net.named_children():
        stage.register_forward_hook(lambda _, __, output, name=name: note(name, output))
    net.eval()(torch.empty(1, *net.input_size, device="meta"))
    return shapes


def first(output: object) -> Tensor:
    """The tensor itself, or the last of a list: a fractal block hands on its columns' maps, the deepest last."""
    return output if isinstance(output, Tensor) else output[-1]


def measure(net: nn.Module, table: pd.DataFrame, names: str, shapes: dict[str, tuple[int, ...]]) -> Layer:
    """The layers `names`, joined by "+", as one: the last one's size, the sums of the rest."""
    layer = Layer(shape=())
    for name in names.split("+"):
        inside = table[(table["name"] == name) | table["name"].str.startswith(f"{name}.")]
        layer.shape = shapes[name]
        layer.params += int(inside["params"].sum())
        layer.macs += int(inside["macs"].sum())
        layer.weights += sum(p.numel() for p in net.get_submodule(name).parameters() if p.ndim > 1)
    return layer


def says(kind: str, printed: str, layer: Layer) -> bool:
    """Whether a printed figure is true of a layer, to the last printed digit."""
    if kind == "size":
        height_width_channels = (
            (*layer.shape[1:], layer.shape[0]) if len(layer.shape) == 3 else (1, 1, layer.shape[0])
        )
        sides = tuple(map(int, printed.split("x")))
        return {1: height_width_channels[2:], 2: height_width_channels[:2], 3: height_width_channels}[
            len(sides)
        ] == sides
    ours = math.prod(layer.shape) if kind == "values" else getattr(layer, kind)
    return abs(ours - published.number(printed)) <= published.precision(printed)


def line_mismatches(net: nn.Module, table: pd.DataFrame, facts: Table) -> Iterator[str]:
    rows = published.load(facts.architecture)
    named = rows["quantity"].str.extract(r"^(?P<prefix>\w+):(?P<line>.+)$")
    lines = {line: names for names, line in facts.lines.items()}
    missing = set(named.loc[named["prefix"] == "layer_output", "line"]) - set(lines) - set(facts.absent)
    if missing:
        yield f"{facts.architecture}: no layer of ours is named for the lines {sorted(missing)}"
    shapes = output_shapes(net)
    for row, prefix, line in zip(rows.itertuples(), named["prefix"], named["line"], strict=True):
        if prefix not in SAYS or line not in lines or (facts.sizes_only and SAYS[prefix] != "size"):
            continue
        layer = measure(net, table, lines[line], shapes)
        true = says(SAYS[prefix], row.value, layer)
        reason = DEVIATIONS.get((facts.architecture, row.quantity))
        if true == (reason is not None):
            known = reason or "no known deviation"
            yield f"{row.source}: {row.quantity} is {row.value}, our {lines[line]} has {layer} ({known})"


@pytest.mark.parametrize("name", list_models())
def test_model_has_its_published_figures(name: str) -> None:
    assert name in FACTS, (
        f"{name} has no facts: add its rows to published.csv and its entry to tests/published/facts.py"
    )
    facts = FACTS[name]
    with torch.device("meta"):
        net = create_model(name)
    table = layer_table(net)
    ours = {
        "params": int(table["params"].sum()),
        "macs": int(table["macs"].sum()),
        "all params": sum(p.numel() for p in net.parameters()),
    }
    wrong = []
    for quantity in ("params", "macs"):
        rows = published.load(facts.exact, quantity)
        exact = rows[rows["where_found"].str.startswith("computed")].iloc[0]
        if ours[quantity] != exact["number"]:
            wrong.append(f"{exact['source']}: {quantity} {exact['number']:,.0f}, ours {ours[quantity]:,}")
    for architecture, quantity, what in facts.printed:
        for row in published.load(architecture, quantity).itertuples():
            scale = 1e9 if row.unit == "GMAC" else 1
            true = abs(ours[what] / scale - row.number) <= published.precision(row.value)
            reason = DEVIATIONS.get((architecture, quantity))
            if true == (reason is not None):
                wrong.append(
                    f"{row.source}: {quantity} {row.value}, ours {ours[what]:,} ({reason or 'no deviation'})"
                )
    for lines in facts.tables:
        wrong += line_mismatches(net, table, lines)
    assert not wrong, "\n".join([name, *wrong])


def test_no_facts_without_a_model() -> None:
    assert set(FACTS) == set(list_models())


def test_deviations_are_about_rows_that_models_are_held_against() -> None:
    used = {(architecture, quantity) for facts in FACTS.values() for architecture, quantity, _ in facts.printed}
    tables = {table.architecture for facts in FACTS.values() for table in facts.tables}
    for architecture, quantity in DEVIATIONS:
        assert len(published.load(architecture, quantity)), (architecture, quantity)
        assert (architecture, quantity) in used or architecture in tables, (architecture, quantity)


def test_a_wrong_figure_is_found() -> None:
    """The comparison itself: one more filter, one pixel less, one unit in the last printed digit."""
    layer = Layer(shape=(96, 55, 55), params=34944, weights=34848, macs=105415200)
    assert says("size", "55x55x96", layer)
    assert not says("size", "55x55x97", layer)
    assert not says("size", "54x55", layer)
    assert says("weights", "35K", layer)
    assert not says("weights", "34K", layer)
    assert not says("params", "34945", layer)
    assert says("values", "290400", layer)
