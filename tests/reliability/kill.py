"""Kill a training at random moments, again and again, and let it resume: does it end as if nothing had happened?

    python tests/reliability/kill.py --kills 100

Every kill (SIGKILL, which no program can catch) hits a running training, which saves after every update. The
script fails if a checkpoint was ever unreadable, or if the final weights are not those of the undisturbed run, bit
for bit.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

TRAIN = [
    sys.executable, "-m", "cs231n_arch", "train", "--model", "resnet20", "--data", "digits", "--image-size", "16",
    "--recipe", "resnet_cifar", "--batch-size", "32", "--checkpoint-every", "1", "--resume", "--device", "cpu",
    "--quiet",
]  # fmt: skip


def main(kills: int, steps: int, seed: int) -> list[int]:
    """Returns the update at which each killed training had last saved; 0 for one that had not saved yet."""
    draw = random.Random(seed)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    hits: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        quiet, disturbed = Path(folder, "quiet"), Path(folder, "disturbed")
        words = [*TRAIN, "--steps", str(steps)]
        begun = time.monotonic()
        subprocess.run([*words, "--out", str(quiet)], check=True, env=environment, stdout=subprocess.DEVNULL)
        whole = time.monotonic() - begun
        while len(hits) < kills:
            running = subprocess.Popen(
                [*words, "--out", str(disturbed)], env=environment, stdout=subprocess.DEVNULL
            )
            try:
                code = running.wait(timeout=draw.uniform(0.3, 1.0) * whole)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                hits.append(saved_step(disturbed))
                continue
            if code != 0:
                raise SystemExit(f"the training failed with exit code {code}")
            check(quiet, disturbed)  # it came to its end; the next kill needs a new run
            (disturbed / "checkpoint.pt").unlink()
        subprocess.run([*words, "--out", str(disturbed)], check=True, env=environment, stdout=subprocess.DEVNULL)
        check(quiet, disturbed)
    return hits


def saved_step(folder: Path) -> int:
    """The update that the checkpoint holds; reading it fails on a file that is half-written."""
    path = folder / "checkpoint.pt"
    return torch.load(path, weights_only=True)["state"]["now"]["step"] if path.exists() else 0


def check(one: Path, other: Path) -> None:
    """Fail unless the final weights of both folders are equal, bit for bit."""
    weights = [torch.load(p / "checkpoint.pt", weights_only=True)["state"]["model"] for p in (one, other)]
    different = [name for name in weights[0] if not torch.equal(weights[0][name], weights[1][name])]
    if different:
        raise SystemExit(f"the resumed run ended with other weights: {different}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    hits = main(arguments.kills, arguments.steps, arguments.seed)
    print(f"killed {len(hits)} times, at these updates: {hits}")
    print("no checkpoint was damaged, and the final weights are those of the undisturbed run")
