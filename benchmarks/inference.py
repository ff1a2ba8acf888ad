"""Our nets beside torchvision's and timm's: same weights, same batch, one after the other in turn.

    python benchmarks/inference.py [model ...] [--batch-size N] [--device cuda] [--rounds N] [--processor-time]

Prints, for each net, how many times as fast as the library's ours is: as `create_model` gives it, and in the
faster forms of `cs231n_arch.profiling`. Each figure is the median over the rounds of the ratio within one round,
with its quartiles; in a round every net is timed once, so a busy machine slows all alike. Outputs are compared
first. The exit status is 1 if ours is slower than a library's beyond the quartiles, or if ResNet-50's fastest form
is below 1.5.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import timm
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, interop
from cs231n_arch.machine import find_device
from cs231n_arch.profiling import Machine, images, processor_time
from cs231n_arch.profiling.faster import FORMS, build
from cs231n_arch.profiling.timing import time_call

LIBRARIES: dict[str, tuple[Callable[..., nn.Module], Callable[..., dict[str, Tensor]]]] = {
    "torchvision": (torchvision.models.get_model, interop.from_torchvision),
    "timm": (timm.create_model, interop.from_timm),
}
WANTED = {"resnet50": 1.5}  # times as fast as the library's, for the fastest of our forms


def nets(name: str, library: str, batch: Tensor) -> dict[str, Callable[[], Tensor]]:
    """The library's net and ours in every form, with the same weights, ready to run.

    Raises:
        ValueError: the library has no such model.
        AssertionError: the outputs differ.
    """
    create, convert = LIBRARIES[library]
    torch.manual_seed(0)
    theirs = create(name).eval()
    for module in theirs.modules():  # the initial statistics would let most batch norms do nothing
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = create_model(name, **interop.REFERENCE.get(name, {})).eval()
    # Auxiliary classifiers have no part in evaluation.
    ours.load_state_dict(convert(name, theirs.state_dict()), strict=False)

    device = batch.device
    calls = {library: lambda: theirs(batch)}
    theirs.to(device)
    wanted = calls[library]()
    for form in FORMS:
        try:
            made, suited = build(form, ours.to(device), batch)
            output = made(suited)
        except Exception as error:  # such as no C++ compiler; the other forms can still be timed
            print(f"{name:12} {form:32} fails: {str(error).partition(chr(10))[0]}")
            continue
        torch.testing.assert_close(output, wanted, rtol=1e-3, atol=1e-3 * wanted.abs().max().item(), msg=form)
        calls[form] = lambda made=made, suited=suited: made(suited)
    return calls


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="our nets beside torchvision's and timm's")
    parser.add_argument("models", nargs="*", default=["resnet50", "resnet18", "vgg16", "densenet121"])
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--device", default=str(find_device()))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--processor-time", action="store_true", help="for a busy machine; see `processor_time`")
    arguments = parser.parse_args()
    with processor_time() if arguments.processor_time else nullcontext():
        return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    """Print one line a net, library and form."""
    device = torch.device(arguments.device)
    print(f"{Machine.here()}; batch of {arguments.batch_size}; load {Machine.here().load}")

    missed = []
    for name in arguments.models:
        for library in LIBRARIES:
            with torch.inference_mode():
                batch = images(
                    arguments.batch_size, create_model(name, **interop.REFERENCE.get(name, {})).input_size
                )
                calls = nets(name, library, batch.to(device))
                seconds = [
                    {
                        form: time_call(call, device, seconds=0.001, samples=3).median
                        for form, call in calls.items()
                    }
                    for _ in range(arguments.rounds)
                ]
            best = 0.0
            for form in [form for form in FORMS if form in calls]:
                ratios = [taken[library] / taken[form] for taken in seconds]
                low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
                best = max(best, middle)
                milliseconds = 1e3 * np.median([taken[form] for taken in seconds])
                print(
                    f"{name:12} {form:32} {milliseconds:8.1f} ms   {middle:.2f} times as fast as {library} "
                    f"({low:.2f} to {high:.2f})",
                    flush=True,
                )
                if form == FORMS[0] and high < 1:
                    missed.append(f"{name} is slower than {library}'s")
            if best < WANTED.get(name, 0):
                missed.append(f"{name}'s fastest form is {best:.2f} times as fast as {library}'s")
    print(*missed or ["all goals are reached"], sep="\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
