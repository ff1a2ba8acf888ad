"""Threads that share the processor with other work. Imports no torch, which reads the environment when loaded.

PyTorch takes a thread for each core. They wait for each other after every layer, and spin while they wait. As soon
as another process has one of the cores, all of them wait for the one that lost its turn, and their spinning takes
the turns of others: next to one busy process, a small net takes five times as long (`benchmarks/threads.py`).
"""

import os
import sys

NUMBER = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")  # in the environment, a user's own choice of how many threads
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")  # and of how they wait
BUSY = 0.5  # processes that ran or waited in the last minute, on average, before ours began


def share_the_processor(*, one_thread: bool = False) -> None:
    """Choose how PyTorch's threads wait, or do without them, so that neither we nor others are held up.

    Threads that sleep while they wait do well on a busy machine, and cost up to a third on a quiet machine,
    more for small nets; so they sleep only where the machine has other work. A single thread has nothing to
    wait for. For nets as small as those of the book it takes a third to a half longer than two that spin, and
    no longer on a busy machine than on a quiet one; and its results do not depend on the number of cores.
    Workers of a loader have one.

    What the user has set in the environment stands: `NUMBER` for one thread, `WAITING` for the other choice.

    Args:
        one_thread: compute with one thread, which can be chosen at any time. The other choice acts only if torch
            has not been imported yet.
    """
    if one_thread:
        if not any(name in os.environ for name in NUMBER):
            os.environ["OMP_NUM_THREADS"] = "1"  # for processes that this one starts, too
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(1)
    elif busy() and not any(name in os.environ for name in WAITING):
        os.environ["OMP_WAIT_POLICY"] = "passive"


def busy() -> bool:
    """Whether the machine has other work; False where the system does not tell."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY
