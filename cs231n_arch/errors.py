"""What to say of a name that nothing has."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(what: str, given: object, known: Iterable[str], more: str = "") -> str:
    """The message: what was given, what is like it, and what there is.

    Args:
        what: the kind of thing, such as "model".
        given: the name.
        known: the names that there are.
        more: where all of them are listed, if there are too many for a message.
    """
    names = list(dict.fromkeys(known))
    near = get_close_matches(str(given), names, n=3) or [name for name in names if str(given) in name][:3]
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"no {what} is named {given!r}{hint} {more or 'There are ' + ', '.join(names)}"
