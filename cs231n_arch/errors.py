"""Refusals that several parts of the library share: unknown names, and numbers that are not whole."""

import operator
from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def unknown(what: str, given: object, known: Iterable[str], more: str = "") -> str:
    """The message: what was given, what is like it, and what there is.

    Args:
        what: the kind of thing, such as "model".
        given: the name.
        known: the names that there are.
        more: where all of them are listed, if there are too many for a message.
    """
    names, text = list(dict.fromkeys(known)), str(given).casefold()
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(text, folded, n=3) or [name for name in folded if text in name][:3]
    hint = f"; did you mean {' or '.join(folded[name] for name in near)}?" if near else "."
    return f"no {what} is named {given!r}{hint} {more or 'There are ' + ', '.join(names)}"


def check_whole(least: int = 1, most: int | None = None, /, **values: object) -> None:
    """Refuse a value that is not a whole number of at least `least`; NumPy's integers are whole numbers.

    Args:
        least: the smallest number that is allowed.
        most: the largest; None allows any.
        values: the values under the names that the message tells: `check_whole(num_classes=num_classes)`.

    Raises:
        ValueError: one of the values is no whole number, or below `least` or above `most`.
    """
    allowed = f"of at least {least}" if most is None else f"from {least} to {most}"
    for name, value in values.items():
        try:
            number = operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            number = least - 1
        if isinstance(value, bool) or number < least or (most is not None and number > most):
            raise ValueError(f"{name} must be a whole number {allowed}; given {value!r}")


def input_size(model: object, given: Sequence[int] | None = None) -> tuple[int, int, int]:
    """(channels, height, width) of a model's images: as given, or the model's own.

    Raises:
        ValueError: neither is there, or what is given is not three positive whole numbers.
    """
    size = given if given is not None else getattr(model, "input_size", None)
    if size is None:
        raise ValueError(f"{type(model).__name__} has no input_size of its own; give (channels, height, width)")
    try:
        channels, height, width = map(operator.index, size)
        if min(channels, height, width) < 1 or any(isinstance(side, bool) for side in size):
            raise TypeError
    except (TypeError, ValueError):
        wanted = "three positive whole numbers (channels, height, width)"
        raise ValueError(f"input_size must be {wanted}; given {size}") from None
    return channels, height, width
