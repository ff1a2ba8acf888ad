"""Real images to train and test on, and the papers' augmentations."""

from cs231n_arch.data.sets import Split, load
from cs231n_arch.data.sources import DataUnavailableError

__all__ = ["DataUnavailableError", "Split", "load"]
