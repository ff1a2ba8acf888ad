"""The subcommand `cs231n-arch evaluate`."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cs231n_arch.cli.text import table
from cs231n_arch.cli.train import load
from cs231n_arch.training import recipes

if TYPE_CHECKING:
    from cs231n_arch.models.layers import Net

EXAMPLES = ("evaluate runs/lenet5", "evaluate runs/resnet20 --classes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch evaluate`."""
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="the folder that was --out of `cs231n-arch train`"
    )
    parser.add_argument("--classes", action="store_true", help="also the error of each class")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, ...; default: CUDA if there is a device")


def read(path: Path) -> dict[str, Any]:
    """The record of a run."""
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return record if record["options"] and record["images"] else {}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no record of `cs231n-arch train`: {error}") from error


def trained(folder: Path) -> tuple[dict[str, Any], "Net", int]:
    """A run's record, its net with the weights of the checkpoint (averaged if it has that), and its updates."""
    from cs231n_arch.create import create_model
    from cs231n_arch.training import checkpoint

    record, kept = read(folder / "run.json"), checkpoint.load(folder / "checkpoint.pt", {})
    model = create_model(record["model"], **record["options"])
    average = {name.removeprefix("module."): value for name, value in kept.get("average", {}).items()}
    average.pop("n_averaged", None)
    checkpoint.load_weights(model, average or kept["model"], folder / "checkpoint.pt")
    return record, model, int(kept["now"]["step"])


def run(arguments: argparse.Namespace) -> int:
    """Build the net again, load its weights, and count its errors on the test images."""
    import torch

    from cs231n_arch.machine import find_device
    from cs231n_arch.training import make_batches

    record, model, steps = trained(arguments.folder)
    device, wanted = find_device(arguments.device), record["images"]
    images = load(wanted["name"], record["model"], recipes.get(wanted["recipe"]), wanted["size"])
    model.to(device).eval()
    wrong, seen = torch.zeros(2, len(images.classes), dtype=torch.long)
    with torch.no_grad():
        for batch, labels in make_batches(images, 1, device=device).test():
            missed = model(batch).argmax(dim=1) != labels
            seen += torch.bincount(labels.cpu(), minlength=len(seen))
            wrong += torch.bincount(labels[missed].cpu(), minlength=len(seen))
    if arguments.classes:
        rows = zip(images.classes, wrong.tolist(), seen.tolist(), strict=True)
        shown = [{"class": name, "images": n, "wrong": w, "error": f"{w / max(n, 1):.2%}"} for name, w, n in rows]
        print(table(shown, right=("images", "wrong", "error")) + "\n")
    total, errors = int(seen.sum()), int(wrong.sum())
    print(
        f"{record['model']} after {steps:,} updates: {errors:,} of {total:,} test images wrong",
        end="",
    )
    print(f", test error {errors / total:.2%}")
    return 0
