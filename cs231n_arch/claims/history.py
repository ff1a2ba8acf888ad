"""Claims of the chapter on history."""

from collections.abc import Callable

from cs231n_arch import published
from cs231n_arch.claims.verdicts import Verdict, settle


def winners() -> Verdict:
    """Every entry's error is below that of the one before it on the slide, and no net is less deep."""
    frame = published.imagenet_winners()
    deep = frame["depth"].dropna()
    return settle(
        "winners by year, with depth",
        f"top-5 error {frame['error'].iloc[0]} % to {frame['error'].iloc[-1]} %, {deep.iloc[0]:.0f} layers to "
        f"{deep.iloc[-1]:.0f}",
        holds=frame["error"].is_monotonic_decreasing and deep.is_monotonic_increasing,
    )


CHECKS: dict[str, Callable[[], Verdict]] = {"winners": winners}
