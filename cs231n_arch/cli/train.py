"""The subcommand `cs231n-arch train`."""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cs231n_arch.training import recipes

if TYPE_CHECKING:
    from cs231n_arch.data import Split
    from cs231n_arch.data.augment import CropAndFlip
    from cs231n_arch.data.loaders import Datasets
    from cs231n_arch.models.layers import Net
    from cs231n_arch.training import Recipe

EXAMPLES = (
    "train --model lenet5 --out runs/lenet5",
    "train --model resnet20 --data cifar10 --epochs 30 --out runs/resnet20",
    "train --model resnet20 --data cifar10 --epochs 30 --out runs/resnet20 --resume",
    "train --model resnet50 --data /data/imagenet --workers 8 --out runs/resnet50",
)
FILES = ("checkpoint.pt", "log.csv", "run.json")
WRITING = ("digits", "mnist")  # sets in which a mirrored image is another sign


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch train`."""
    parser.add_argument("--model", required=True, help="name of a model, see `cs231n-arch list`")
    parser.add_argument(
        "--data",
        default="digits",
        help="digits, fashion_mnist, mnist, cifar10, or a folder with train/CLASS and val/CLASS; default: digits",
    )
    names = ", ".join(recipes.trainable())
    parser.add_argument("--recipe", metavar="NAME", help=f"{names}; default: the model's own")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help=f"where {', '.join(FILES)} are written"
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument(
        "--resume", action="store_true", help="continue from the checkpoint in the folder, if there is one"
    )
    kept.add_argument("--overwrite", action="store_true", help="begin anew, even if the folder holds a run")
    parser.add_argument(
        "--record",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="FILE",
        help="also write the record (machine, versions, recipe, curve) of run.json to FILE",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the images; default: the recipe's")
    parser.add_argument("--steps", type=int, metavar="N", help="updates, instead of --epochs")
    parser.add_argument(
        "--batch-size", type=int, metavar="N", help="default: the recipe's; the learning rate is scaled with it"
    )
    parser.add_argument(
        "--lr", type=float, metavar="RATE", help="learning rate; default: the recipe's, scaled to the batch"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--image-size", type=int, metavar="N", help="height and width; default: the smallest for data and model"
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16", "fp16"),
        default="auto",
        help="of matrix products; default: auto, which is bf16 where the device multiplies in it and a batch has "
        "10^9 multiply-accumulates or more, else fp32",
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
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda, cuda:1, ...; default: CUDA if there is a device"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar, and no line per epoch")


def check_folder(arguments: argparse.Namespace) -> None:
    """Refuse to begin anew over an existing run, unless --resume or --overwrite is given."""
    if arguments.resume or arguments.overwrite:
        return
    record = [arguments.record] if arguments.record not in (None, Path()) else []
    there = [path for path in (*(arguments.out / name for name in FILES), *record) if path.exists()]
    if there:
        raise ValueError(
            f"{there[0]} is there already: --resume goes on with that run, --overwrite begins anew and replaces it"
        )


def build(arguments: argparse.Namespace) -> "tuple[Net, Split | Datasets, Recipe]":
    """The model, the data and the recipe that the arguments name, made to fit each other."""
    import torch

    from cs231n_arch.create import create_model
    from cs231n_arch.data import Split
    from cs231n_arch.errors import check_whole
    from cs231n_arch.training.batches import LARGEST_SEED

    check_whole(0, LARGEST_SEED, seed=arguments.seed)
    recipe = recipes.get(arguments.recipe) if arguments.recipe else recipes.for_model(arguments.model)
    if recipe.name in recipes.NOT_FROM_THE_BEGINNING:
        why = recipes.NOT_FROM_THE_BEGINNING[recipe.name]
        raise ValueError(f"the recipe {recipe.name} trains no net from its first weights: {why}")
    if arguments.batch_size is not None:
        recipe = recipe.for_batch_size(arguments.batch_size)
    if arguments.lr is not None:
        recipe = recipe.replace(lr=arguments.lr)
    images = load(arguments.data, arguments.model, recipe, arguments.image_size)
    channels = images.image_size[0] if isinstance(images, Split) else 3
    torch.manual_seed(arguments.seed)
    model = create_model(arguments.model, num_classes=len(images.classes), in_channels=channels)
    return model, images, recipe


def load(name: str, model: str, recipe: "Recipe", image_size: int | None) -> "Split | Datasets":
    """A set by name, at a size that suits it and the model; or a folder of image files, cropped by the recipe."""
    import torch

    from cs231n_arch import data
    from cs231n_arch.create import create_model
    from cs231n_arch.data.loaders import folders

    with torch.device("meta"):
        template = create_model(model)
    if Path(name).is_dir():
        return folders(name, recipe.augmentation)
    if len(Path(name).parts) > 1:
        raise FileNotFoundError(f"there is no folder {name}; it must hold train/CLASS and val/CLASS")
    size = image_size or (template.input_size[1] if template.fixed else None)
    if size is None:
        own = {"digits": 16, "cifar10": 32}.get(name, 28)
        size = max(own, template.smallest)
    return data.load(name, image_size=size, normalise="lenet" if model == "lenet5" else "standard")


def augmentation(recipe: "Recipe", name: str) -> "CropAndFlip | None":
    """The recipe's augmentation of small images, if it has one for whole batches; digits keep their side."""
    from cs231n_arch.data.augment import CROPS, for_batches

    if not any(step in CROPS for step in recipe.augmentation):
        return None
    change = for_batches(recipe.augmentation)
    return replace(change, flip=change.flip and name not in WRITING)


def run(arguments: argparse.Namespace) -> int:
    """Train, say where the results are, and record them."""
    check_folder(arguments)
    model, images, recipe = build(arguments)

    from cs231n_arch.data import Split
    from cs231n_arch.training import Compute, Files, train
    from cs231n_arch.training.distributed import process_group

    with process_group() as world:
        if world.leads:
            for name in FILES if arguments.overwrite else ():
                (arguments.out / name).unlink(missing_ok=True)
            if not (arguments.out / "run.json").exists():  # a run that is interrupted has its record, too
                save_record(describe(model, images, recipe, arguments), arguments)
        done = train(
            model,
            images,
            recipe,
            epochs=arguments.epochs,
            steps=arguments.steps,
            augment=augmentation(recipe, arguments.data) if isinstance(images, Split) else None,
            workers=arguments.workers,
            device=arguments.device,
            seed=arguments.seed,
            compute=Compute(
                precision=arguments.precision,
                compile=arguments.compile,
                accumulate=arguments.accumulate,
                sync_bn=arguments.sync_bn,
            ),
            files=Files(
                checkpoint=arguments.out / "checkpoint.pt",
                checkpoint_every=arguments.checkpoint_every,
                resume=arguments.resume,
                log=arguments.out / "log.csv",
            ),
            progress=not arguments.quiet,
        )
        if world.leads:
            found = {
                "device": done.device,
                "precision": done.precision,
                "channels_last": done.channels_last,
                "history": done.history.to_dict(orient="records"),
            }
            save_record(describe(model, images, done.recipe, arguments) | found, arguments)
            print(f"test error {done.test_error:.2%} after {done.seconds:.0f} s; see {arguments.out}")
    return 0


def describe(
    model: "Net", images: "Split | Datasets", recipe: "Recipe", arguments: argparse.Namespace
) -> dict[str, Any]:
    """The record of a run: enough to repeat it, and for `evaluate` to build the net again."""
    from cs231n_arch.data import Split
    from cs231n_arch.records import stamp

    shape = images.image_size if isinstance(images, Split) else images.train[0][0].shape
    return {
        "command": shlex.join(["cs231n-arch", *sys.argv[1:]]),
        **stamp(),
        "seed": arguments.seed,
        "model": arguments.model,
        "options": {"num_classes": len(images.classes), "in_channels": model.input_size[0]},
        "data": repr(images),
        "images": {
            "name": arguments.data,
            "size": arguments.image_size,
            "shape": list(shape),
            "recipe": recipe.name,
        },
        "recipe": recipe.table().to_dict(orient="records"),
        "history": [],
    }


def save_record(record: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Write the record to the run's folder, and to the file that the arguments name."""
    from cs231n_arch.records import write_atomically

    named = [] if arguments.record in (None, Path()) else [arguments.record]
    for file in (arguments.out / "run.json", *named):
        write_atomically(file, json.dumps(record, indent=1))
