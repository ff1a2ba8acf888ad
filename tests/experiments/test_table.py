"""Every experiment is well formed: one change, seeds, budgets; and every claim to be measured has one."""

import inspect
import math

import pytest
import torch

from cs231n_arch import claims, layer_table
from cs231n_arch.data import Split
from cs231n_arch.experiments import EXPERIMENTS, Arm, Comparison, Experiment, differences, get
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.workbench import OURS, build
from cs231n_arch.models.layers import Net
from cs231n_arch.models.names import MODELS
from cs231n_arch.models.registry import constructor
from cs231n_arch.training import recipes

by_name = pytest.mark.parametrize("name", EXPERIMENTS)
# Compared in what the claim itself is about: half of the parameters, another net.
FREE = {("dense-residual", "DenseNet-22, k = 8")}


def blank(size: int) -> Split:
    image, label = torch.zeros(1, 1, size, size), torch.zeros(1, dtype=torch.long)
    return Split("blank", image, label, image, label, tuple("0123456789"), (0.0,), (1.0,), "nowhere")


def on_meta(arm: Arm, size: int) -> Net:
    with torch.device("meta"):
        return build(arm.model, blank(size), **arm.options)


def cost(arm: Arm, quantity: str, size: int) -> int:
    column = {"parameters": "params", "macs": "macs"}[quantity]
    return int(layer_table(on_meta(arm, size), (1, size, size))[column].sum())


@by_name
def test_control_and_treatment_differ_in_one_thing(name: str) -> None:
    experiment = EXPERIMENTS[name]
    for comparison in experiment.comparisons:
        control, treatment = (experiment.arms[arm] for arm in (comparison.control, comparison.treatment))
        if comparison.equal:
            size = experiment.budgets["recorded"].image_size
            one, other = (cost(arm, comparison.equal, size) for arm in (control, treatment))
            assert abs(math.log(one / other)) < 0.1, f"{comparison}: {one} and {other}"
        elif (name, comparison.treatment) not in FREE:
            assert len(differences(control, treatment)) == 1, comparison


def test_differences_see_every_part_of_an_arm() -> None:
    arm = Arm("resnet20", {"shortcut": "A"}, {"lr": 0.1}, {"members": 1})
    assert differences(arm, arm) == set()
    assert differences(arm, Arm("resnet32", {"shortcut": "A"}, {"lr": 0.1}, {"members": 1})) == {"model"}
    assert differences(arm, Arm("resnet20", {}, {"lr": 0.2}, {"members": 1})) == {"options.shortcut", "recipe.lr"}
    assert differences(arm, Arm("resnet20", {"shortcut": "A"}, {"lr": 0.1}, {"members": 2})) == {"setting.members"}


@by_name
def test_the_parts_exist(name: str) -> None:
    experiment = EXPERIMENTS[name]
    assert experiment.id == name
    assert experiment.question.endswith("?")
    assert len(set(experiment.seeds)) >= 3
    assert set(experiment.budgets) == {"live", "recorded", "gpu"}
    assert recipes.get(experiment.recipe)
    assert len(experiment.arms) >= 2
    for arm in experiment.arms.values():
        assert arm.model in MODELS or arm.model in OURS or arm.model == "pixels"
    for comparison in experiment.comparisons:
        assert {comparison.control, comparison.treatment} <= set(experiment.arms)
        assert comparison.control != comparison.treatment


@by_name
def test_every_arm_takes_the_images_of_every_budget(name: str) -> None:
    sizes = sorted({work.image_size for work in EXPERIMENTS[name].budgets.values()})
    nets = [arm for arm in EXPERIMENTS[name].arms.values() if arm.model != "pixels"]
    for arm in {str(arm.flat()): arm for arm in (Arm(arm.model, arm.options) for arm in nets)}.values():
        net = on_meta(arm, sizes[0]).eval()
        assert net(torch.empty(1, 1, sizes[0], sizes[0], device="meta")).shape[1] >= 10
        for size in sizes[1:]:
            sized = "image_size" in inspect.signature(OURS.get(arm.model) or constructor(arm.model)).parameters
            (on_meta(arm, size) if sized else net).check_input(torch.empty(1, 1, size, size, device="meta"))


def test_every_measured_claim_has_an_experiment() -> None:
    ledger = claims.ledger()
    tested = {claim for experiment in EXPERIMENTS.values() for claim in experiment.claims}
    assert tested <= set(ledger["id"])
    ledger = ledger[ledger["chapter"] != "power"]  # these are tested by `profiling.canziani`
    measured = ledger[ledger["kind"].str.contains("measured")]
    assert set(measured["id"]) <= tested


def test_a_claim_has_one_experiment_only() -> None:
    tested = [claim for experiment in EXPERIMENTS.values() for claim in experiment.claims]
    assert len(tested) == len(set(tested))


def test_unknown_experiment() -> None:
    with pytest.raises(ValueError, match=r"no experiment is named 'dropuot'; did you mean dropout\? There are"):
        get("dropuot")
    assert get("dropout") is EXPERIMENTS["dropout"]


def test_claims_are_named_once_and_in_order() -> None:
    arms = {"a": Arm("resnet20"), "b": Arm("resnet32")}
    comparisons = tuple(Comparison("a", "b", Better("lower"), claim=claim) for claim in ("y", "", "x", "y"))
    made = Experiment("e", "?", arms, comparisons, "resnet", {}, EXPERIMENTS["dropout"].measure)
    assert made.claims == ("y", "x")
