"""How PyTorch's threads share a processor: training steps on a quiet machine, and beside one busy process.

    python benchmarks/threads.py [--rounds 3]

A small net and a large one train under each setting, every setting in a process of its own, in turns. Printed
are the seconds of one step, quiet and beside a process that computes without end, and for both the ratio to
PyTorch's own setting on the quiet machine: what a setting costs, and what it saves. The settings:

- default: one thread a core, which spin while they wait for each other;
- passive: the same threads, which sleep while they wait (OMP_WAIT_POLICY); the command's choice on a busy machine;
- spins: the same threads, which spin for a short while and then sleep (GOMP_SPINCOUNT);
- one thread: as the chapters, the tests and the experiments have it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

SETTINGS = {
    "default": {},
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "spins 10,000": {"GOMP_SPINCOUNT": "10000"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
STEPS = {"small": 15, "large": 1}
NETS = {"small": "ResNet-20, batch 32, 16x16", "large": "ResNet-18, batch 8, 224x224"}


def child(size: str) -> None:
    """For each line read, train some steps and print the seconds of one."""
    import torch

    from cs231n_arch import create_model

    if size == "small":
        net, shape = create_model("resnet20", in_channels=3), (32, 3, 16, 16)
    else:
        net, shape = create_model("resnet18"), (8, 3, 224, 224)
    images, optimizer = torch.randn(shape), torch.optim.SGD(net.parameters(), lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        net(images).square().mean().backward()
        optimizer.step()

    step()
    print("ready", flush=True)
    for _ in sys.stdin:
        begun = time.perf_counter()
        for _ in range(STEPS[size]):
            step()
        print((time.perf_counter() - begun) / STEPS[size], flush=True)


def measure(size: str, rounds: int) -> dict[tuple[str, str], float]:
    """Seconds of a step for each setting, quiet and busy: the median over the rounds."""
    free = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_", "MKL_NUM"))}
    workers = {
        name: subprocess.Popen(
            [sys.executable, __file__, "--child", size],
            env=free | chosen,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, chosen in SETTINGS.items()
    }
    taken: dict[tuple[str, str], list[float]] = {}
    for worker in workers.values():
        worker.stdout.readline()  # ready
    for _ in range(rounds):
        for state in ("quiet", "busy"):
            other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if state == "busy" else None
            for name, worker in workers.items():
                worker.stdin.write("go\n")
                worker.stdin.flush()
                taken.setdefault((name, state), []).append(float(worker.stdout.readline()))
            if other:
                other.kill()
                other.wait()
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    return {key: statistics.median(values) for key, values in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
        return
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores{load}")
    for size, net in NETS.items():
        seconds = measure(size, arguments.rounds)
        base = seconds["default", "quiet"]
        print(f"\n{net}\n{'':14}{'quiet (ms)':>12}{'busy (ms)':>12}{'quiet / default':>18}{'busy / default':>18}")
        for name in SETTINGS:
            quiet, busy = seconds[name, "quiet"], seconds[name, "busy"]
            print(f"{name:14}{1e3 * quiet:12.0f}{1e3 * busy:12.0f}{quiet / base:18.2f}{busy / base:18.2f}")


if __name__ == "__main__":
    main()
