"""Real images to train and test on, photographs to look at, and the papers' augmentations."""

from cs231n_arch.data.photos import Photo, crops, photos, read_photo
from cs231n_arch.data.sets import Split, load
from cs231n_arch.data.sources import DataUnavailableError

__all__ = ["DataUnavailableError", "Photo", "Split", "crops", "load", "photos", "read_photo"]
