"""The small nets and the losses of the experiments, against what they are named after."""

import pytest
import torch

from cs231n_arch import create_model, layer_table
from cs231n_arch.experiments import EXPERIMENTS
from cs231n_arch.experiments.vgg import at_rate, svm_loss
from cs231n_arch.experiments.workbench import inception_bench


def test_modules_have_a_quarter_of_googlenets_channels() -> None:
    with torch.device("meta"):
        whole, small = create_model("googlenet", aux=False), inception_bench()
    for name in ("inception_3b", "inception_4a"):
        ours, theirs = dict(small.named_children())[name], dict(whole.named_children())[name]
        for (key, weight), (other, wide) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            assert key == other
            if key.endswith("weight") and "reduce" in key:
                assert weight.shape[0] == wide.shape[0] // 4


def test_reductions_make_the_modules_cheaper_and_change_no_size() -> None:
    with torch.device("meta"):
        tables = [layer_table(inception_bench(reductions=r), (1, 14, 14)) for r in (True, False)]
    reduced, direct = (int(table.macs.sum()) for table in tables)
    assert 2 * reduced < direct
    ends = [table[table.kind == "MaxPool2d"].output_shape.tolist()[-1] for table in tables]
    assert ends[0] == ends[1]


def test_the_svm_loss_is_the_courses() -> None:
    scores = torch.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    # Lecture 3 of the course: a cat, a car and a frog, with the losses 2.9, 0 and 12.9.
    losses = [
        float(svm_loss(row[None], torch.tensor([label]))) for row, label in zip(scores, (0, 1, 2), strict=True)
    ]
    assert losses == pytest.approx([2.9, 0.0, 12.9], abs=1e-5)
    assert float(svm_loss(scores, torch.tensor([0, 1, 2]))) == pytest.approx((2.9 + 12.9) / 3, abs=1e-5)


def test_a_net_learns_with_the_svm_loss() -> None:
    trial = EXPERIMENTS["svm-softmax"].trials("live", seed=0)["SVM"]
    history = at_rate(trial, 0.001).history
    assert history["train_error"].iloc[-1] < 0.1  # 0.005 to 0.012 over three seeds
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0] / 4
