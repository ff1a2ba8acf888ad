"""The subcommand `cs231n-arch export`."""

import argparse
from pathlib import Path

EXAMPLES = ("export squeezenet1_1 squeezenet.onnx --pretrained", "export runs/resnet20 resnet20.onnx")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `cs231n-arch export`."""
    parser.add_argument("model", help="a model's name, or the folder that was --out of `cs231n-arch train`")
    parser.add_argument("path", type=Path, metavar="FILE", help="the ONNX file to write")
    parser.add_argument("--pretrained", action="store_true", help="with published weights; default: random ones")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")


def run(arguments: argparse.Namespace) -> int:
    """Write the file, and print the sizes of its input and output."""
    from cs231n_arch.cli.evaluate import trained
    from cs231n_arch.create import create_model
    from cs231n_arch.interop.onnx import INPUT, OUTPUT, export

    if Path(arguments.model).is_dir():
        if arguments.pretrained:
            raise ValueError("--pretrained is for a model's name; a folder has weights of its own")
        record, model, _ = trained(Path(arguments.model))
        size = tuple(record["images"]["shape"])
    else:
        model = create_model(arguments.model, pretrained=arguments.pretrained)
        size = model.input_size
    export(model, arguments.path, size, overwrite=arguments.overwrite)
    megabytes = arguments.path.stat().st_size / 1e6
    print(f"{arguments.path}: {megabytes:.1f} MB, {INPUT} (N, {', '.join(map(str, size))}) -> {OUTPUT}")
    return 0
