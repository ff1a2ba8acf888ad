"""Our nets beside what a user would run instead: torchvision, timm, ONNX Runtime and OpenVINO; the same weights.

    python benchmarks/inference.py [model ...] [--batch-size N] [--dtype bfloat16] [--device cuda] [--rounds N]
        [--processor-time]

Prints the time of each contender: the library's net in PyTorch, its export in ONNX Runtime and in OpenVINO (with
as many threads as PyTorch has), and ours as `create_model` gives it and in the faster forms of
`cs231n_arch.profiling`; and how many times as fast ours is as each of the others. Each ratio is the median over
the rounds of the ratio within one round; in a round every contender is timed once, so a busy machine slows all
alike. Outputs are compared first. The goals are ratios, and so hold for every processor: as built, ours is as fast
as the libraries' (0.95 or more), and its fastest form as fast as the fastest of all others (0.95 or more). Exit
status 1: one is missed.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

import numpy as np
import timm
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import create_model, interop
from cs231n_arch.interop.onnx import convert
from cs231n_arch.machine import find_device
from cs231n_arch.profiling import Machine, images, processor_time
from cs231n_arch.profiling.faster import FORMS, build
from cs231n_arch.profiling.timing import time_call

LIBRARIES = ("torchvision", "timm")
MODELS = ("resnet50", "vgg16", "googlenet", "densenet121", "squeezenet1_1")
CLOSE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}  # of the largest output
GOAL = 0.95


def same_weights(name: str, batch: Tensor) -> tuple[dict[str, nn.Module], nn.Module]:
    """The nets of the libraries that have this one, and ours; all with torchvision's random weights."""
    torch.manual_seed(0)
    options = {"init_weights": True} if name == "googlenet" else {}
    theirs = {"torchvision": torchvision.models.get_model(name, **options).eval()}
    for module in theirs["torchvision"].modules():  # the initial statistics would let most batch norms do nothing
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = create_model(name, **interop.REFERENCE.get(name, {})).eval()
    # Auxiliary classifiers have no part in evaluation.
    ours.load_state_dict(interop.from_torchvision(name, theirs["torchvision"].state_dict()), strict=False)
    if timm.is_model(name):
        theirs["timm"] = timm.create_model(name).eval()
        theirs["timm"].load_state_dict(interop.to_timm(name, ours.state_dict()))
    kind = {"device": batch.device, "dtype": batch.dtype}
    return {library: net.to(**kind) for library, net in theirs.items()}, ours.to(**kind)


def openvino(onnx: bytes, batch: Tensor) -> Callable[[], Tensor]:
    """The net in OpenVINO, for batches of this size."""
    from openvino import Core

    net = Core().read_model(onnx)
    net.reshape(batch.shape)
    settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
    compiled = Core().compile_model(net, "CPU", settings)
    return lambda: torch.from_numpy(next(iter(compiled(batch.numpy()).values())))


def contenders(name: str, batch: Tensor) -> dict[str, Callable[[], Tensor]]:
    """Every contender that runs here, ready to run; those of ours are the FORMS.

    Raises:
        AssertionError: the outputs differ.
    """
    theirs, ours = same_weights(name, batch)
    makers: dict[str, Callable[[], Callable[[], Tensor]]] = {
        library: partial(lambda net: partial(net, batch), net) for library, net in theirs.items()
    }
    if batch.device.type == "cpu" and batch.dtype == torch.float32:
        onnx, net = convert(theirs["torchvision"], batch.shape[1:])
        makers["torchvision in ONNX Runtime"] = lambda: partial(net, batch)
        makers["torchvision in OpenVINO"] = lambda: openvino(onnx, batch)
    for form in FORMS if batch.dtype == torch.float32 else FORMS[:-2]:
        makers[form] = partial(lambda form: partial(*build(form, ours, batch)), form)
    calls, wanted = {}, theirs["torchvision"](batch)
    for contender, make in makers.items():
        try:
            calls[contender] = make()
            output = calls[contender]()
        except Exception as error:  # such as no C++ compiler; the others can still be timed
            print(f"{name:14} {contender:32} cannot: {str(error).partition(chr(10))[0]}")
            calls.pop(contender, None)
            continue
        close = CLOSE[batch.dtype] * wanted.abs().max().item()
        torch.testing.assert_close(output, wanted, rtol=0, atol=close, msg=contender)
    return calls


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="our nets beside what a user would run instead")
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", default=str(find_device()))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--processor-time", action="store_true", help="for a busy machine; see `processor_time`")
    arguments = parser.parse_args()
    with processor_time() if arguments.processor_time else nullcontext():
        return measure(arguments)


def measure(arguments: argparse.Namespace) -> int:
    """Print one line a net and contender."""
    device = torch.device(arguments.device)
    print(f"{Machine.here()}; batch of {arguments.batch_size}, {arguments.dtype}; load {Machine.here().load}")
    missed = []
    for name in arguments.models:
        size = create_model(name, **interop.REFERENCE.get(name, {})).input_size
        batch = images(arguments.batch_size, size).to(device, getattr(torch, arguments.dtype))
        with torch.inference_mode():
            calls = contenders(name, batch)
            taken = [
                {key: time_call(call, device, seconds=0.001, samples=3).median for key, call in calls.items()}
                for _ in range(arguments.rounds)
            ]
        others = [key for key in calls if key not in FORMS]
        middle = {key: float(np.median([times[key] for times in taken])) for key in calls}

        def ratio(ours: str, other: str, taken: list[dict[str, float]] = taken) -> float:
            return float(np.median([times[other] / times[ours] for times in taken]))

        for key in calls:
            beside = "" if key in others else "  ".join(f"{ratio(key, other):.2f} of {other}" for other in others)
            print(f"{name:14} {key:32} {1e3 * middle[key]:8.1f} ms   {beside}", flush=True)
        best = min((key for key in calls if key in FORMS), key=middle.__getitem__)
        rival = min(others, key=middle.__getitem__)
        goals = [(FORMS[0], other) for other in others if other in LIBRARIES] + [(best, rival)]
        missed += [
            f"{name}: {ours} is {ratio(ours, other):.2f} times as fast as {other}; the goal is {GOAL}"
            for ours, other in goals
            if ratio(ours, other) < GOAL
        ]
        calls.clear()  # before the next net is built: VGG-16 in all its forms takes gigabytes
    print(*missed or ["all goals are reached"], sep="\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
