"""The subcommand `cs231n-arch train`."""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from cs231n_arch import data
from cs231n_arch.create import create_model
from cs231n_arch.data import Split, batchwise
from cs231n_arch.data.batchwise import CROPS, CropAndFlip
from cs231n_arch.data.datasets import Datasets, folders
from cs231n_arch.models.layers import Net
from cs231n_arch.records import stamp, write_atomically
from cs231n_arch.training import recipes
from cs231n_arch.training.distributed import process_group
from cs231n_arch.training.loop import Run, train
from cs231n_arch.training.recipe import Recipe

WRITING = ("digits", "mnist")  # sets in which a mirrored image is another sign


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch train`."""
    parser.add_argument("--model", required=True, help="name of a model, see `cs231n-arch list`")
    parser.add_argument(
        "--data",
        default="digits",
        help="digits, fashion_mnist, mnist, cifar10, or a folder with train/CLASS and val/CLASS; default: digits",
    )
    parser.add_argument("--recipe", required=True, help=f"one of {', '.join(recipes.RECIPES)}")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint.pt, log.csv and run.json")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    parser.add_argument(
        "--record",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="FILE",
        help="write machine, versions, recipe and curve to FILE, such as results/NAME.json; default: OUT/run.json",
    )
    parser.add_argument("--epochs", type=int, help="passes over the images; default: the recipe's length")
    parser.add_argument("--steps", type=int, help="updates, instead of --epochs")
    parser.add_argument("--batch-size", type=int, help="default: the recipe's; the rate is scaled with it")
    parser.add_argument("--lr", type=float, help="base learning rate; default: the recipe's, scaled to the batch")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--image-size", type=int, help="default: the smallest that suits data and model")
    parser.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16", "fp16"),
        default="auto",
        help="of matrix products; default: auto, which is bf16 where the device multiplies in it, else fp32",
    )
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="processes that read image files; default: 2"
    )
    parser.add_argument("--compile", action="store_true", help="run the step through torch.compile")
    parser.add_argument("--accumulate", type=int, default=1, metavar="N", help="compute a batch in N parts")
    parser.add_argument("--sync-bn", action="store_true", help="batch norm over all processes (CUDA)")
    parser.add_argument(
        "--checkpoint-every", type=int, metavar="N", help="updates between checkpoints in an epoch"
    )
    parser.add_argument("--device", help="cpu, cuda, ...; default: CUDA if there is a device")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def build(arguments: argparse.Namespace) -> tuple[Net, Split | Datasets, Recipe]:
    """The model, the data and the recipe that the arguments name, made to fit each other."""
    recipe = recipes.get(arguments.recipe)
    if arguments.batch_size is not None:
        recipe = recipe.for_batch_size(arguments.batch_size)
    if arguments.lr is not None:
        recipe = recipe.replace(lr=arguments.lr)
    with torch.device("meta"):
        template = create_model(arguments.model)
    images: Split | Datasets
    if Path(arguments.data).is_dir():
        images, channels = folders(arguments.data, recipe.augmentation), 3
    else:
        images = _split(arguments, template)
        channels = images.image_size[0]
    torch.manual_seed(arguments.seed)
    model = create_model(arguments.model, num_classes=len(images.classes), in_channels=channels)
    return model, images, recipe


def _split(arguments: argparse.Namespace, template: Net) -> Split:
    """The named set at a size that suits it and the model."""
    size = arguments.image_size or (template.input_size[1] if template.fixed else None)
    if size is None:
        own = {"digits": 16, "cifar10": 32}.get(arguments.data, 28)
        size = max(own, template.smallest)
    normalise: Any = "lenet" if arguments.model == "lenet5" else "standard"
    return data.load(arguments.data, image_size=size, normalise=normalise)


def augmentation(recipe: Recipe, name: str) -> CropAndFlip | None:
    """The recipe's augmentation of small images, if it has one for whole batches; digits keep their side."""
    if not any(step in CROPS for step in recipe.augmentation):
        return None
    change = batchwise.augmentation(recipe.augmentation)
    return replace(change, flip=change.flip and name not in WRITING)


def run(arguments: argparse.Namespace) -> int:
    """Train, say where the results are, and record them if asked to."""
    model, images, recipe = build(arguments)
    with process_group() as world:
        done = train(
            model,
            images,
            recipe,
            epochs=arguments.epochs,
            steps=arguments.steps,
            accumulate=arguments.accumulate,
            augment=augmentation(recipe, arguments.data) if isinstance(images, Split) else None,
            workers=arguments.workers,
            device=arguments.device,
            seed=arguments.seed,
            precision=arguments.precision,
            compile=arguments.compile,
            sync_bn=arguments.sync_bn,
            checkpoint=arguments.out / "checkpoint.pt",
            checkpoint_every=arguments.checkpoint_every,
            resume=arguments.resume,
            log=arguments.out / "log.csv",
            progress=not arguments.quiet,
        )
        if world.leads:
            if arguments.record is not None:
                file = arguments.out / "run.json" if arguments.record == Path() else arguments.record
                write_atomically(file, json.dumps(record(done, images, arguments), indent=1))
            print(f"test error {done.test_error:.2%} after {done.seconds:.0f} s; see {arguments.out}")
    return 0


def record(done: Run, images: Split | Datasets, arguments: argparse.Namespace) -> dict[str, Any]:
    """What a later reader needs to repeat the run, and the curve."""
    return {
        "command": shlex.join(["cs231n-arch", *sys.argv[1:]]),
        **stamp(),
        "seed": done.seed,
        "model": arguments.model,
        "data": repr(images),
        "device": done.device,
        "precision": done.precision,
        "recipe": done.recipe.table().to_dict(orient="records"),
        "history": done.history.to_dict(orient="records"),
    }
