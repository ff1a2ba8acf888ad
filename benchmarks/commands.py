"""How soon the commands answer: seconds of the processor, medians of several runs, each next to its goal.

    python benchmarks/commands.py                  # about a minute on a quiet core
    python benchmarks/commands.py --runs 1

Each run is a process of its own, and the commands take turns, so that a busy minute slows all of them. Seconds are
those that the processor computes (user and system time, on Linux and macOS): with one thread that is about what a
person waits on a quiet machine. `import torch` is part of `summary` and `claims` only.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys

COMMAND = ("-m", "cs231n_arch")
# What runs -> the arguments of Python, and the seconds that it may take; None where it is only for comparison.
CASES: dict[str, tuple[tuple[str, ...], float | None]] = {
    "python": (("-c", "pass"), None),
    "import torch": (("-c", "import torch"), None),
    "import cs231n_arch": (("-c", "import cs231n_arch"), 0.3),
    "cs231n-arch --help": ((*COMMAND, "--help"), 0.3),
    "cs231n-arch list": ((*COMMAND, "list"), 0.3),
    "cs231n-arch summary resnet50": ((*COMMAND, "summary", "resnet50"), 2.0),
    "cs231n-arch claims": ((*COMMAND, "claims"), 8.0),
}


def spent(arguments: tuple[str, ...]) -> float:
    """Seconds of the processor for one run.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    before = os.times()
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=one_thread)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each command, after one that is not counted")
    runs: int = parser.parse_args().runs
    for arguments, _ in CASES.values():
        spent(arguments)  # reads the files from the disk, and compiles ours
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(runs):
        for name, (arguments, _) in CASES.items():
            seconds[name].append(spent(arguments))
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} processors, runs: {runs}")
    print(f"{'':30}{'median':>8}{'range':>14}{'goal':>7}")
    for name, (_, goal) in CASES.items():
        times = seconds[name]
        middle = statistics.median(times)
        verdict = "" if goal is None else f"{goal:7.1f}  {'met' if middle < goal else 'missed'}"
        print(f"{name:30}{middle:6.2f} s{min(times):7.2f}-{max(times):.2f} s{verdict}")


if __name__ == "__main__":
    main()
