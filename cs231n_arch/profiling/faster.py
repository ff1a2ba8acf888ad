"""The same net, faster: batch norm folded into the convolutions, other layouts, `torch.compile`, ONNX Runtime.

On a CPU the convolutions are those of the library oneDNN, which is fastest with a layout of its own, in which
feature maps lie in blocks of sixteen. A usual tensor is converted to it and back at each layer; in the form
"oneDNN layout" weights and maps stay in it throughout, if all of the net's operations know it (concatenations do
not).
"""

import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cs231n_arch.anatomy.modes import copied, to_meta
from cs231n_arch.errors import input_size as checked
from cs231n_arch.profiling.timing import time_call

FORMS = (
    "as built",
    "channels_last",
    "folded",
    "folded, channels_last",
    "folded, channels_last, compiled",
    "folded, oneDNN layout",
    "ONNX Runtime",
)


class Uses(TorchDispatchMode):
    """Counts how often the operators of a forward pass take each tensor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.uses: Counter[int] = Counter()
        self.alive: list[Tensor] = []  # an id is a tensor's own only while the tensor lives

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """One operator runs."""
        output = func(*args, **(kwargs or {}))
        inputs = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        self.uses.update({id(tensor) for tensor in inputs})
        self.alive += [leaf for leaf in tree_leaves((inputs, output)) if isinstance(leaf, Tensor)]
        return output


def foldable(model: nn.Module, input_size: Sequence[int]) -> list[tuple[str, str]]:
    """Names of each convolution and of the batch norm that alone uses its output, seen in one pass on meta.

    Args:
        model: any module; it is left as it was.
        input_size: (channels, height, width).
    """
    model = copied(model, to_meta).eval()
    names = {module: name for name, module in model.named_modules()}
    made: dict[int, nn.Module] = {}
    pairs: list[tuple[nn.Module, nn.Module, int]] = []
    calls: Counter[nn.Module] = Counter()

    def after_convolution(module: nn.Module, _: Any, output: Tensor) -> None:
        calls[module] += 1
        made[id(output)] = module

    def before_norm(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        calls[module] += 1
        if id(inputs[0]) in made:
            pairs.append((made[id(inputs[0])], module, id(inputs[0])))

    for module in names:
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(after_convolution)
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(before_norm)
    with torch.inference_mode(False), torch.no_grad(), Uses() as watch:
        model(torch.empty(1, *input_size, device="meta"))
    return [
        (names[convolution], names[norm])
        for convolution, norm, output in pairs
        if watch.uses[output] == 1 and calls[convolution] == 1 and calls[norm] == 1
    ]


def fold_batch_norm(model: nn.Module, input_size: Sequence[int] | None = None) -> nn.Module:
    """A copy for inference in which each batch norm after a convolution has become part of it.

    In evaluation mode a batch norm is a fixed scale and shift of each map, and so is the weight of the convolution
    before it: w' = w * gamma / sqrt(var + eps), b' = (b - mean) * gamma / sqrt(var + eps) + beta.

    Args:
        model: any module; it is left as it was.
        input_size: (channels, height, width); by default `model.input_size`.

    Returns:
        The copy in evaluation mode, with `nn.Identity` where a batch norm was. A batch norm that follows no
        convolution, or one whose output is used elsewhere too (as in a pre-activation ResNet), stays.

    Raises:
        ValueError: no usable `input_size`, or one that the net refuses.
    """
    size = checked(model, input_size)
    folded = copied(model).eval()
    for convolution, norm in foldable(folded, size):
        before, after = folded.get_submodule(convolution), folded.get_submodule(norm)
        assert isinstance(before, nn.Conv2d)
        assert isinstance(after, nn.BatchNorm2d)
        folded.set_submodule(convolution, fuse_conv_bn_eval(before, after))
        folded.set_submodule(norm, nn.Identity())
    return folded


class ToBlocked(nn.Module):
    """Into oneDNN's own layout."""

    def forward(self, x: Tensor) -> Tensor:
        """Any dense tensor; the same numbers."""
        return x.to_mkldnn()


class ToDense(nn.Module):
    """Out of oneDNN's own layout."""

    def forward(self, x: Tensor) -> Tensor:
        """The same numbers as a usual tensor."""
        return x.to_dense()


def build(form: str, model: nn.Module, batch: Tensor) -> tuple[nn.Module, Tensor]:
    """A copy of the model in one of the FORMS, in evaluation mode, and the batch in the layout of that form.

    Raises:
        ValueError: the model has no such form: one of its operations, such as a concatenation, cannot take
            oneDNN's layout, or ONNX does not have it, or the device is no CPU.
        ModuleNotFoundError: ONNX Runtime is not installed.
    """
    if form == "ONNX Runtime":
        from cs231n_arch.interop.onnx import convert

        if batch.device.type != "cpu":
            raise ValueError(f"ONNX Runtime is measured on a CPU; the images are on {batch.device}")
        return convert(model, batch.shape[1:])[1], batch
    wanted = form.split(", ")
    faster = fold_batch_norm(model, batch.shape[1:]) if "folded" in wanted else copied(model).eval()
    if "channels_last" in wanted:
        faster = faster.to(memory_format=torch.channels_last)
        batch = batch.contiguous(memory_format=torch.channels_last)
    if "oneDNN layout" in wanted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # this part of PyTorch uses its old compiler
            from torch.utils.mkldnn import to_mkldnn

            blocked = to_mkldnn(faster)  # type: ignore[no-untyped-call]
        faster = nn.Sequential(ToBlocked(), blocked, ToDense())
        try:
            with torch.inference_mode():
                faster(batch)
        except RuntimeError as error:
            reason = str(error).partition(chr(10))[0]
            raise ValueError(f"an operation of the net cannot take oneDNN's layout: {reason}") from error
    if "compiled" in wanted:
        faster.compile()
    return faster, batch


@contextmanager
def quiet() -> Iterator[None]:
    """Without what PyTorch's compiler says that is no fault of the net.

    Without a CUDA device its build tools log that CUDA's compiler is missing, and under Python 3.13.0 it warns
    that the checks before each call are slower than under 3.13.1.
    """
    tools = logging.getLogger("torch.utils.cpp_extension")
    before, tools.disabled = tools.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Guards may run slower on Python", RuntimeWarning)
            yield
    finally:
        tools.disabled = before


def compare_forms(
    model: nn.Module, batch: Tensor, *, forms: Sequence[str] = FORMS, rounds: int = 3, seconds: float = 0.5
) -> pd.DataFrame:
    """Time a net in several forms, in turn, and check that each gives the same output.

    Args:
        model: any module, on the device of `batch`; it is left as it was.
        batch: images (N, C, H, W).
        forms: some of FORMS; the first is what the others are measured against.
        rounds: how often the forms take turns, so that a busy machine disturbs all alike.
        seconds: time for one form in one round.

    Returns:
        A frame with one row per form. Columns: `form`, `seconds` (median over the rounds), `speed` (times as fast
        as the first form, median over the rounds), `difference` (largest, relative to the largest output of the
        first form), and `error`: why there is no figure (`torch.compile` needs a C++ compiler), or empty.

    Raises:
        ValueError: an unknown form.
    """
    unknown = [form for form in forms if form not in FORMS]
    if unknown or not forms:
        raise ValueError(f"forms must be some of {FORMS}; given {tuple(forms)}")
    ready: dict[str, tuple[nn.Module, Tensor]] = {}
    outputs: dict[str, Tensor] = {}
    errors = dict.fromkeys(forms, "")
    with torch.inference_mode(), quiet():  # the export to ONNX makes a compiled net compile again at its next call
        for form in forms:
            try:
                faster, suited = ready[form] = build(form, model, batch)
                outputs[form] = faster(suited)
            except Exception as error:
                if form == forms[0]:
                    raise
                errors[form] = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        calls = {form: partial(ready[form][0], ready[form][1]) for form in outputs}
        taken = pd.DataFrame(
            [
                {form: time_call(call, batch.device, seconds=seconds).median for form, call in calls.items()}
                for _ in range(rounds)
            ]
        )
    first = outputs[forms[0]]
    rows = [
        {
            "form": form,
            "seconds": taken[form].median(),
            "speed": (taken[forms[0]] / taken[form]).median(),
            "difference": ((outputs[form] - first).abs().max() / first.abs().max()).item(),
            "error": "",
        }
        if form in outputs
        else {"form": form, "error": errors[form]}
        for form in forms
    ]
    return pd.DataFrame(rows, columns=["form", "seconds", "speed", "difference", "error"])
