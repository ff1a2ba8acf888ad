"""The subcommand `cs231n-arch classify`."""

import argparse
from pathlib import Path

from cs231n_arch.cli.text import table

EXAMPLES = ("classify cat.jpg", "classify cat.jpg dog.png --model resnet50")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch classify`."""
    parser.add_argument(
        "photos", nargs="+", type=Path, metavar="PHOTO", help="an image file, such as a JPEG or a PNG"
    )
    parser.add_argument(
        "--model",
        default="squeezenet1_1",
        metavar="NAME",
        help="a model of `list --pretrained`; default: squeezenet1_1, which needs no network",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the five most probable classes of each photograph."""
    from cs231n_arch.attribution import top_classes
    from cs231n_arch.create import create_model
    from cs231n_arch.data import read_photo

    images = [read_photo(path) for path in arguments.photos]  # a wrong file is told before a download
    net = create_model(arguments.model, pretrained=True)
    for path, image in zip(arguments.photos, images, strict=True):
        _, height, width = image.shape
        print(f"{path} ({width}x{height}):")
        found = top_classes(net, image)
        rows = [
            {"probability": f"{probability:.1%}", "class": name}
            for probability, name in zip(found["probability"], found["name"], strict=True)
        ]
        print(table(rows, right=("probability",)) + "\n")
    print(f"{arguments.model}, weights: {vars(net)['weights']}")
    return 0
