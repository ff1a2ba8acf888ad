"""The measures that are not simply a training."""

import copy
import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from torch import nn
from torchvision.ops import box_convert

from cs231n_arch import create_model
from cs231n_arch.data.boxes import Boxed, load_boxed
from cs231n_arch.experiments import EXPERIMENTS, Outcome, Work
from cs231n_arch.experiments.alexnet import epochs_to
from cs231n_arch.experiments.densenet import forget, reuse
from cs231n_arch.experiments.early import first_gradient
from cs231n_arch.experiments.googlenet import gradient_norms
from cs231n_arch.experiments.localization import regress
from cs231n_arch.experiments.resnet import response
from cs231n_arch.experiments.timing import step_seconds
from cs231n_arch.experiments.transfer import DRAWN, drawn, few, only, prepared, squares, tasks
from cs231n_arch.experiments.trial import load
from cs231n_arch.experiments.workbench import workbench
from cs231n_arch.localization import box_loss, box_regressor, localization_error
from cs231n_arch.models.densenet import DenseBlock
from cs231n_arch.models.layers import Sum


def outcomes(name: str, *, seed: int = 0, **changes: object) -> Mapping[str, Outcome]:
    """One seed of an experiment with very little work; the arms must all be there, in order."""
    experiment = EXPERIMENTS[name]
    work = dataclasses.replace(experiment.budgets["live"], **{"images": 64, "epochs": 1, **changes})
    trials = dataclasses.replace(experiment, budgets={"live": work}).trials("live", seed)
    found = dict(experiment.measure(trials))
    assert list(found) == list(experiment.arms)
    for comparison in experiment.comparisons:
        for arm in (comparison.control, comparison.treatment):
            assert comparison.metric in found[arm].metrics
    return found


@pytest.mark.parametrize(
    ("errors", "target", "expected"),
    [
        ([0.5, 0.3, 0.1], 0.3, 2.0),
        ([0.5, 0.3, 0.1], 0.2, 2.5),
        ([0.5, 0.3, 0.1], 0.75, 0.5),  # from an error of one before the first epoch
        ([0.5, 0.3, 0.1], 0.05, 3.0),  # never
        ([0.5, 0.2, 0.3], 0.2, 2.0),
    ],
)
def test_epochs_to_a_training_error(errors: list[float], target: float, expected: float) -> None:
    assert epochs_to(target, pd.DataFrame({"train_error": errors})) == pytest.approx(expected)


def test_gradient_norms_are_those_of_the_whole_loss() -> None:
    torch.manual_seed(0)
    net = create_model("googlenet", num_classes=3, in_channels=1, form="torchvision", dropout=0.0)
    for head in (net.aux1, net.aux2):
        head.dropout.p = 0.0
    images, labels = torch.randn(4, 1, 32, 32), torch.tensor([0, 1, 2, 0])
    twin = copy.deepcopy(net)
    norms = gradient_norms(net, images, labels).set_index("stage")["norm"]
    scores, aux1, aux2 = twin(images)
    loss = nn.functional.cross_entropy
    (loss(scores, labels) + 0.3 * loss(aux1, labels) + 0.3 * loss(aux2, labels)).backward()
    expected = torch.cat([p.grad.flatten() for p in twin.conv2.parameters()]).norm()
    assert norms["conv2"] == pytest.approx(expected.item(), rel=1e-4)
    assert list(norms.index[:3]) == ["conv1", "conv2_reduce", "conv2"]
    assert not any(name.startswith("aux") for name in norms.index)


def test_reuse_is_the_mean_weight_on_each_source() -> None:
    block = DenseBlock(2, 3, growth_rate=2)
    first, second = (layer.get_submodule("body.conv").weight for layer in block)
    with torch.no_grad():
        first.fill_(0.5)
        second[:, :3].fill_(-1.0)  # the block's input
        second[:, 3:].fill_(0.25)  # what the first layer made
    assert reuse(block) == [[1.0], [1.0, 0.25]]


def test_timed_steps_change_no_weight() -> None:
    net = workbench(image_size=8, channels=4)
    before = copy.deepcopy(net.state_dict())
    split, _ = load(Work("digits", 8, 64))
    seconds = step_seconds({"narrow": net, "wide": workbench(image_size=8, channels=64)}, split, 32)
    assert 0 < seconds["narrow"] < seconds["wide"]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_an_ensemble_begins_with_the_net_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = load(dataclasses.replace(EXPERIMENTS["ensemble"].budgets["live"], images=64))[0].test_labels
    right = torch.nn.functional.one_hot(labels, 10).float()
    first = torch.eye(10)[:1].expand_as(right)
    # The first net always says 0, the second is sure of a wrong class, the others are less sure of the right one.
    said = [0.3 * first + 0.07, right.roll(1, dims=1), *[0.6 * right + 0.04] * 5]
    answers = iter(said)
    monkeypatch.setattr("cs231n_arch.experiments.alexnet.probabilities", lambda *_: next(answers))
    found = outcomes("ensemble")
    errors = [found[name].metrics["test_error"] for name in ("one net", "three nets", "seven nets")]
    assert errors == [pytest.approx(float((labels != 0).float().mean())), 1, 0]


def test_fractal_columns_share_the_weights_of_the_whole() -> None:
    found = outcomes("fractal-paths")
    assert set(found["drop-path"].metrics) >= {"column_0_error", "column_1_error", "column_2_error", "test_error"}
    alone = found["deepest column alone"].metrics
    assert alone["column_2_error"] == alone["test_error"]
    assert "column_0_error" not in alone


def test_dense_blocks_leave_their_map() -> None:
    found = outcomes("dense-residual")
    reused = found["DenseNet-22, k = 12"].extra["reuse"]
    assert list(reused) == ["dense_block1", "dense_block2", "dense_block3"]
    assert [len(row) for row in reused["dense_block1"]] == [1, 2, 3, 4, 5, 6]
    assert not found["ResNet-20"].extra


def test_a_net_that_forgets_reads_the_last_layer_alone() -> None:
    block = DenseBlock(2, 3, growth_rate=2)
    forgetful = forget(nn.Sequential(block))[0]
    first, second = (layer.get_submodule("body.conv").weight for layer in forgetful)
    kept = [layer.get_submodule("body.conv").weight for layer in block]
    assert torch.equal(first, kept[0])
    assert not second[:, :3].any()
    assert torch.equal(second[:, 3:], kept[1][:, 3:])
    assert kept[1][:, :3].any(), "the net itself is left as it was"


def test_the_first_layers_gradient_is_relative_to_all() -> None:
    trial = next(iter(EXPERIMENTS["stochastic-depth"].trials("live", 0).values()))
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 10))
    run = SimpleNamespace(model=net, device="cpu")
    assert first_gradient(trial, run) == 1  # the only convolution is the mean
    two = nn.Sequential(nn.Conv2d(1, 4, 1), nn.Conv2d(4, 4, 1), nn.Flatten(), nn.Linear(4 * 64, 10))
    run.model = two
    with torch.no_grad():
        two[0].weight *= 1e-3  # in units of so small a weight, its gradient is large
    assert 1.99 < first_gradient(trial, run) <= 2


def test_shares_of_the_gradient() -> None:
    found = outcomes("activation-order")
    # Three seeds, three instruction sets: 0.50 to 0.57 and 0.98 to 1.02.
    assert found["original"].metrics["gradient_share"] < 0.76
    assert found["full_preactivation"].metrics["gradient_share"] > 0.85


def test_classes_apart_and_a_few_images_of_each() -> None:
    images, labels = torch.arange(200).view(200, 1, 1, 1), torch.arange(200) % 10
    chosen, numbers = only(images, labels, 5, 10)
    assert set(numbers.tolist()) == {0, 1, 2, 3, 4}
    assert torch.equal(chosen.flatten() % 10 - 5, numbers)
    shots, which = few(chosen, numbers, seed=0)
    assert torch.bincount(which).tolist() == [20] * 5
    assert torch.equal(shots.flatten() % 10 - 5, which)
    assert not torch.equal(few(images, labels, 0)[0], few(images, labels, 1)[0])


def test_transfer_probes_what_the_net_never_saw() -> None:
    found = outcomes("transfer", images=300)
    for outcome in found.values():
        assert set(outcome.metrics) == {"other_classes_accuracy", "other_data_accuracy"}
        # Chance is 0.2 and 0.1; three seeds, three instruction sets: 0.87 to 0.95.
        assert all(0.6 < accuracy <= 1 for accuracy in outcome.metrics.values())


def test_features_of_photographs_are_probed_on_few_images_of_two_sets() -> None:
    found = outcomes("imagenet-features", images=50)
    for outcome in found.values():
        assert set(outcome.metrics) == {"few_shot_accuracy", "faces_accuracy"}
    # Chance is a half; ten labeled images at 64 pixels: 0.94, against 0.86 of the pixels.
    assert found["trained"].metrics["faces_accuracy"] > 0.85
    assert outcomes("imagenet-features", images=50)["random"] == found["random"]


def test_squares_of_a_photograph_share_no_pixel() -> None:
    photograph = torch.arange(3 * 70 * 100).view(3, 70, 100)
    cut = squares(photograph, 32)
    assert cut.shape == (6, 3, 32, 32)
    assert torch.equal(cut[4], photograph[:, 32:64, 32:64])
    assert cut.unique().numel() == cut.numel()


def test_what_is_asked_is_not_what_was_learned_from() -> None:
    for task, (images, labels) in tasks().items():
        learned, asked = DRAWN[task]
        known, others = drawn(labels, 0, learned, asked)
        assert len(images) == len(labels)
        assert torch.bincount(labels[known]).tolist() == [learned] * len(labels.unique())
        assert torch.bincount(labels[others]).tolist() == [asked] * len(labels.unique())
        assert not set(known.tolist()) & set(others.tolist())
        assert not torch.equal(known, drawn(labels, 1, learned, asked)[0])


def test_features_are_probed_on_digits_and_on_patches_of_photographs() -> None:
    found = outcomes("digits-and-patches", image_size=48, epochs=20)
    accuracies = {name: outcome.metrics for name, outcome in found.items()}
    # Chance is 0.1 and 0.09. Measured: 0.64 to 0.93 and 0.35 to 0.60.
    for name, of in accuracies.items():
        assert set(of) == {"digits_accuracy", "patches_accuracy"}
        assert of["digits_accuracy"] > 0.5, name
        assert of["patches_accuracy"] > 0.2, name
    assert accuracies["trained"]["patches_accuracy"] > 0.4


def test_images_are_prepared_as_the_weights_of_either_source_want_them() -> None:
    grey = torch.full((2, 1, 4, 4), 255, dtype=torch.uint8)
    caffe = SimpleNamespace(mean=torch.tensor([123.0, 117, 104]).view(3, 1, 1))
    x = prepared(caffe, grey, 8)
    assert x.shape == (2, 3, 8, 8)
    torch.testing.assert_close(x[0, :, 0, 0], torch.tensor([132.0, 138, 151]))
    torchvision = SimpleNamespace(mean=[0.5, 0.5, 0.25], std=[0.5, 0.25, 0.25])
    torch.testing.assert_close(prepared(torchvision, grey, 4)[1, :, 3, 3], torch.tensor([1.0, 2, 3]))


def test_localization_measures_the_mean_box_and_both_kinds_of_regression() -> None:
    found = outcomes("localization", image_size=16)
    train, test = load_boxed("digits", canvas=16, object_sizes=(6, 12), seed=0)
    mean = box_convert(train.boxes[:64], "xyxy", "cxcywh").mean(dim=0).expand(len(test.labels), 1, 4)
    expected = localization_error(mean, test.labels, test.boxes)
    assert found["mean box"].metrics["localization_error"] == pytest.approx(expected)


@pytest.mark.parametrize("per_class", [False, True])
def test_regression_of_boxes_learns_them(per_class: bool) -> None:
    torch.manual_seed(0)
    boxed = placed_squares(64)
    net = box_regressor(workbench(image_size=16, head="hidden"), 10, per_class=per_class)
    before = box_loss(net.eval()(boxed.images), boxed.labels, boxed.boxes)
    trained = regress(net, boxed, Work("digits", 16, epochs=30, batch_size=16), seed=0)
    assert box_loss(trained(boxed.images), boxed.labels, boxed.boxes) < 0.2 * before


def placed_squares(count: int) -> Boxed:
    """White squares of 6 pixels on canvases of 16."""
    images, boxes = torch.zeros(count, 1, 16, 16), torch.zeros(count, 4)
    for image, box, place in zip(images, boxes, torch.randint(0, 11, (count, 2)), strict=True):
        left, top = place.tolist()
        image[:, top : top + 6, left : left + 6] = 1
        box[:] = torch.tensor([left, top, left + 6, top + 6]) / 16
    return Boxed(images, torch.arange(count) % 2, boxes, tuple("0123456789"))


def test_compressed_nets_are_smaller_and_as_dense_as_asked_for() -> None:
    found = outcomes("compression-lenet", epochs=2)
    sizes = {name: outcome.metrics["bytes"] for name, outcome in found.items()}
    assert sizes["6 bits"] < sizes["8 bits"] < sizes["as trained"] / 5
    assert sizes["as trained"] > 4 * 61_706
    assert found["6 bits"].metrics["density"] == pytest.approx(0.33, abs=2e-3)


def test_a_zero_body_has_no_response_and_an_equal_one_a_whole() -> None:
    torch.manual_seed(0)
    net = create_model("resnet20", in_channels=1)
    images = torch.randn(8, 1, 32, 32)
    assert 0.1 < response(net, images) < 10
    for unit in net.modules():
        if isinstance(unit, Sum):
            unit.body, unit.shortcut = nn.Identity(), nn.Identity()
    assert response(net.conv2_x, torch.rand(2, 16, 8, 8)) == pytest.approx(1)
    for unit in net.conv2_x.modules():
        if isinstance(unit, Sum):
            unit.body = nn.Threshold(9.0, 0.0)
    assert response(net.conv2_x, torch.rand(2, 16, 8, 8)) == 0


def test_plain_nets_have_no_response() -> None:
    found = outcomes("depth")
    assert "response" in found["resnet8"].metrics
    assert "response" not in found["plain8"].metrics


def test_a_digit_classifier_of_pixels_and_one_of_maps() -> None:
    found = outcomes("lenet-digits", images=200)
    assert found["linear classifier"].metrics["test_error"] < 0.2  # convex: 0.142 everywhere
    assert found["lenet5"].curve is not None


def test_rates_are_chosen_by_the_speed_of_training() -> None:
    found = outcomes("relu-tanh", epochs=2)
    assert {outcome.metrics["lr"] for outcome in found.values()} <= {0.001, 0.003, 0.01}
    assert all(0 < outcome.metrics["epochs"] <= 2 for outcome in found.values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "dense"}, "head must be 'global_average', 'class_maps', 'hidden'; given 'dense'"),
        ({"dropout": 0.5}, "dropout needs head='hidden'; given head='global_average'"),
        ({"image_size": 3}, "image_size must be at least 4, which leaves one pixel; given 3"),
    ],
)
def test_misuse_of_the_workbench(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        workbench(**options)


def test_the_workbench_computes_what_it_names() -> None:
    net = workbench(image_size=8, channels=4, kernels=(3, 5), mlpconv=True, head="class_maps")
    names = [name for name, _ in net.named_children()]
    assert names == [
        "conv1", "conv2_1", "cccp2_1", "conv2_2", "cccp2_2", "pool2",
        "conv3_1", "cccp3_1", "conv3_2", "cccp3_2", "pool3", "class_maps", "flatten", "fc4",
    ]  # fmt: skip
    assert net(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    assert net.fc4.in_features == 10 * 2 * 2
    assert workbench(image_size=8, head="hidden", dropout=0.5).dropout4.p == 0.5
