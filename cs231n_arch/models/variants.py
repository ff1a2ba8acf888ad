"""How the model files list their variants: a row of a table, a form of the net, and the totals of both."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Literal

from cs231n_arch.models.layers import Net

# paper: as printed. released: as in the authors' own published code. torchvision: as that library builds it.
# caffe: as in BVLC's replication, where the authors published none (bvlc_alexnet, bvlc_googlenet); caffenet: their
# bvlc_reference_caffenet.
Form = Literal["paper", "released", "torchvision", "caffe", "caffenet"]

# Model -> form -> (parameters of the whole net, multiply-accumulates for one image of the default size in
# evaluation mode); the first form is the default. One test builds every net and form that a model file lists.
Totals = Mapping[str, Mapping[Form, tuple[int, int]]]


def check_form(form: str, allowed: Sequence[Form]) -> None:
    """Refuse a form that the net does not have.

    Raises:
        ValueError: `form` is not in `allowed`.
    """
    if form not in allowed:
        raise ValueError(f"form must be {' or '.join(map(repr, allowed))}; given {form!r}")


def variant(build: Callable[..., Net], name: str, summary: str, **fixed: object) -> Callable[..., Net]:
    """A constructor under its own name: `build` with some arguments fixed.

    Args:
        build: the constructor of the family; its docstring explains the arguments.
        name: name of the variant.
        summary: first line of its docstring.
        fixed: arguments of `build` that the variant decides; the variant does not take them.
    """

    @wraps(build)
    def construct(*arguments: object, **options: object) -> Net:
        bound = signature.bind(*arguments, **options)
        return build(**bound.arguments, **fixed)

    parameters = inspect.signature(build).parameters
    signature = inspect.Signature(
        [parameter for key, parameter in parameters.items() if key not in fixed], return_annotation=Net
    )
    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = f"{summary}\n\nThe arguments are those of `{build.__name__}`."
    vars(construct)["__signature__"] = signature
    return construct
