"""The same training on a CUDA device; skipped where there is none."""

import pytest
import torch

from cs231n_arch import create_model, data
from cs231n_arch.data.augment import CropAndFlip
from cs231n_arch.data.loaders import one_by_one
from cs231n_arch.training import Compute, NonFiniteLossError, Recipe, train
from cs231n_arch.training.schedules import Constant

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
RECIPE = Recipe("test", "none", "sgd", 0.02, Constant(), batch_size=64, epochs=2, momentum=0.9)


def run(**options: object):
    torch.manual_seed(0)
    model = create_model("lenet5", modern=True)
    split = options.pop("data", None) or data.load("digits", image_size=32)
    return train(model, split, options.pop("recipe", RECIPE), progress=False, **options)


def test_a_gpu_gives_nearly_what_the_processor_gives() -> None:
    one, other = run(device="cpu"), run(device="cuda")
    assert other.history["train_loss"].tolist() == pytest.approx(one.history["train_loss"].tolist(), rel=0.05)
    assert next(other.model.parameters()).is_cuda


@pytest.mark.parametrize("precision", ["bf16", "fp16", "auto"])
def test_16_bits_learn(precision: str) -> None:
    assert run(device="cuda", compute=Compute(precision), epochs=5).test_error < 0.1


def test_the_same_crops_on_every_device() -> None:
    images = data.load("digits", image_size=32).train_images[:100]
    draws = [CropAndFlip()(images.to(d), torch.Generator().manual_seed(0)).cpu() for d in ("cpu", "cuda")]
    assert torch.equal(*draws)


def test_the_usual_loader_feeds_a_gpu() -> None:
    split = data.load("digits", image_size=32)
    assert run(device="cuda", data=one_by_one(split), workers=2, epochs=5).test_error < 0.1


def test_a_lost_loss_is_noticed_within_the_epoch() -> None:
    with pytest.raises(NonFiniteLossError, match=r"learning rate 1e\+08"):
        run(device="cuda", recipe=RECIPE.replace(lr=1e8), epochs=1)
