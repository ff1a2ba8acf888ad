"""Every experiment is well formed: one change, seeds, budgets; and every claim to be measured has one."""

import inspect
import math

import pytest
import torch

from cs231n_arch import claims, layer_table
from cs231n_arch.data import Split
from cs231n_arch.experiments import EXPERIMENTS, Arm, Comparison, Experiment, get
from cs231n_arch.experiments.alexnet import Ensemble
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.table import CHAPTERS, HOURS
from cs231n_arch.experiments.workbench import OURS, build
from cs231n_arch.models.layers import Net
from cs231n_arch.models.names import MODELS
from cs231n_arch.models.registry import constructor
from cs231n_arch.training import recipes

by_name = pytest.mark.parametrize("name", EXPERIMENTS)
# Compared in what the claim itself is about: half of the parameters; and a column with drop-path, which has none.
FREE = {("dense-residual", "DenseNet-22, k = 8"), ("fractal-paths", "drop-path")}

# Nothing is chosen by a curve of theirs: no training, one of a fixed length, or features of a published net.
UNWATCHED = ("lenet-digits", "auxiliary-classifiers", "imagenet-features", "digits-and-patches")


def differences(one: Arm, other: Arm) -> set[str]:
    """The names under which two arms differ; an option that only one of them gives is one."""

    def flat(arm: Arm) -> dict[str, object]:
        parts = {"options": arm.options, "changes": arm.changes, "settings": arm.settings}
        return {"model": arm.model} | {f"{p}.{name}": v for p, given in parts.items() for name, v in given.items()}

    left, right, missing = flat(one), flat(other), object()
    return {name for name in left | right if left.get(name, missing) != right.get(name, missing)}


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
    arm = Ensemble("resnet20", {"shortcut": "A"}, {"lr": 0.1})
    assert differences(arm, arm) == set()
    assert differences(arm, Ensemble("resnet32", {"shortcut": "A"}, {"lr": 0.1})) == {"model"}
    assert differences(arm, Ensemble("resnet20", {}, {"lr": 0.2})) == {"options.shortcut", "changes.lr"}
    assert differences(arm, Ensemble("resnet20", {"shortcut": "A"}, {"lr": 0.1}, members=2)) == {
        "settings.members"
    }
    assert differences(arm, Arm("resnet20", {"shortcut": "A"}, {"lr": 0.1}, True)) == {"settings.augmented"}


@by_name
def test_the_parts_exist(name: str) -> None:
    experiment = EXPERIMENTS[name]
    assert experiment.id == name
    assert experiment.question.endswith("?")
    assert experiment.looks[0] >= 5
    assert list(experiment.looks) == sorted(set(experiment.looks))
    assert set(experiment.budgets) == {"live", "recorded", "long", "gpu"}
    assert recipes.get(experiment.recipe)
    assert len(experiment.arms) >= 2
    for arm in experiment.arms.values():
        assert arm.model in MODELS or arm.model in OURS or arm.model == "pixels"
    for comparison in experiment.comparisons:
        assert {comparison.control, comparison.treatment} <= set(experiment.arms)
        assert comparison.control != comparison.treatment
        for condition in comparison.regime:
            assert condition.arm in experiment.arms
            assert not isinstance(condition.limit, str) or condition.limit in experiment.arms


@by_name
def test_every_arm_takes_the_images_of_every_budget(name: str) -> None:
    sizes = sorted({work.image_size for work in EXPERIMENTS[name].budgets.values()})
    nets = [arm for arm in EXPERIMENTS[name].arms.values() if arm.model != "pixels"]
    for arm in {str((arm.model, arm.options)): arm for arm in nets}.values():
        net = on_meta(arm, sizes[0]).eval()
        assert net(torch.empty(1, 1, sizes[0], sizes[0], device="meta")).shape[1] >= 10
        for size in sizes[1:]:
            sized = "image_size" in inspect.signature(OURS.get(arm.model) or constructor(arm.model)).parameters
            (on_meta(arm, size) if sized else net).check_input(torch.empty(1, 1, size, size, device="meta"))


def test_files_are_named_after_chapters_as_claims_are() -> None:
    chapters = {chapter.__name__.rsplit(".", 1)[1] for chapter in CHAPTERS}
    # These three have experiments, and no claim of the lecture.
    assert chapters <= set(claims.ledger()["chapter"]) | {"transfer", "localization", "batch_norm"}
    for chapter in CHAPTERS:
        own = {chapter.__name__.rsplit(".", 1)[1], "vgg"}  # two chapters show claims of the slides on VGG
        of = claims.ledger().set_index("id")["chapter"]
        for experiment in chapter.TABLE:
            assert {of[claim] for claim in experiment.claims} <= own, experiment.id


def test_long_runs_have_their_place_and_their_price() -> None:
    assert set(HOURS) == set(EXPERIMENTS)
    assert all(0 < hours < 30 for hours in HOURS.values())


def test_curves_of_long_runs_and_choices_are_of_images_that_are_held_out() -> None:
    for experiment in EXPERIMENTS.values():
        for budget in ("long", "gpu"):
            work = experiment.budgets[budget]
            trains = experiment.id not in UNWATCHED
            assert (work.validation > 0) == trains, (experiment.id, budget)


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
    made = Experiment("e", "?", arms, comparisons, "resnet", {})
    assert made.claims == ("y", "x")
