"""Where the stored sets come from: scikit-learn, a Debian package, or a checked download by torchvision."""

import gzip
import hashlib
import os
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

ROOT_VARIABLE = "CS231N_ARCH_DATA"
DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")  # the Debian package dataset-fashion-mnist
# SHA-256 of the files' contents: Debian strips the time stamps from the compressed files, which changes the
# checksums that torchvision knows. With the original time stamps (31 August 2017) put back, they match those.
DEBIAN_FASHION_CONTENTS = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
Root = str | Path | None  # see `data_root`, which is asked only where files are needed
TIMEOUT = 30.0  # seconds without an answer after which a download is given up


class DataUnavailableError(RuntimeError):
    """A data set could not be read; the message says what was tried and what to do."""


@dataclass(frozen=True)
class Stored:
    """A set as stored: uint8 images (N, C, H, W), int64 labels (N,), class names, and where it was found."""

    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]
    classes: tuple[str, ...]
    source: str


def data_root(root: str | Path | None = None) -> Path:
    """The folder of the downloaded sets: `root`, else CS231N_ARCH_DATA, else ~/.cache/cs231n_arch.

    Raises:
        DataUnavailableError: none of the two is given, and there is no home folder, as in some containers.
    """
    chosen = Path(root or os.environ.get(ROOT_VARIABLE) or "~/.cache/cs231n_arch")
    try:
        return chosen.expanduser()
    except RuntimeError as error:
        raise DataUnavailableError(
            f"there is no home folder for downloaded data: {error} Name a folder with root=... or the environment "
            f"variable {ROOT_VARIABLE}; the set 'digits' needs none"
        ) from error


def _digits(root: Root) -> Stored:
    """scikit-learn's copy of the UCI optical digits; `root` is not used, nothing is downloaded."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = torch.from_numpy((digits.images * 255 / 16).round().astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(digits.target.astype(np.int64))
    order = np.arange(len(labels))
    train, test = train_test_split(order, test_size=360, stratify=digits.target, random_state=0)
    return Stored(
        (images[train], labels[train]),
        (images[test], labels[test]),
        tuple(str(digit) for digit in digits.target_names),
        "scikit-learn",
    )


def _faces(root: Root) -> Stored:
    """scikit-image's part of Labeled Faces in the Wild: the first hundred show a face, the others background."""
    try:
        from skimage.data import lfw_subset

        pixels = lfw_subset()  # type: ignore[no-untyped-call]
    except (ImportError, OSError) as error:
        raise DataUnavailableError(
            f"the faces come with scikit-image, and could not be read: {error}. "
            "`pip install scikit-image` brings it"
        ) from error
    images = torch.from_numpy((255 * pixels).round().astype(np.uint8)).unsqueeze(1)  # given from 0 to 1
    labels = torch.arange(len(images)) // 100
    train, test = ((images[part::2], labels[part::2]) for part in (0, 1))
    return Stored(train, test, ("face", "background"), "scikit-image")


def _fashion_mnist(root: Root) -> Stored:
    """The Debian package's files if they are there and intact, otherwise torchvision's."""
    tried = []
    if DEBIAN_FASHION.exists():
        try:
            for file, digest in DEBIAN_FASHION_CONTENTS.items():
                if hashlib.sha256(gzip.decompress((DEBIAN_FASHION / file).read_bytes())).hexdigest() != digest:
                    raise OSError(f"{file} has a wrong checksum")
            return _read_idx(DEBIAN_FASHION, "FashionMNIST")
        except (OSError, EOFError, zlib.error) as error:
            tried.append(f"{DEBIAN_FASHION}: {error}")
    return _idx_set("FashionMNIST", root, tried)


def _idx_set(torchvision_name: str, root: Root, tried: list[str]) -> Stored:
    """A set in the format of MNIST, whose missing or damaged files are downloaded first."""
    from torchvision import datasets
    from torchvision.datasets.utils import check_integrity, download_url

    folder = data_root(root) / torchvision_name / "raw"
    published = getattr(datasets, torchvision_name)  # its file names, checksums and mirrors
    for file, md5 in published.resources:
        if check_integrity(str(folder / file), md5):
            continue
        tried.append(f"{folder / file} {'has a wrong checksum' if (folder / file).exists() else 'is missing'}")
        _make_writable(folder)
        for mirror in published.mirrors:
            try:
                with patience():
                    download_url(f"{mirror}{file}", str(folder), filename=file, md5=md5)
                break
            except (OSError, RuntimeError) as error:  # URLError is an OSError
                tried.append(f"{mirror}{file}: {error}")
        else:
            files = ", ".join(file for file, _ in published.resources)
            raise _unavailable(torchvision_name, tried, f"{files} in {folder}")
    return _read_idx(folder, torchvision_name)


def _read_idx(folder: Path, torchvision_name: str) -> Stored:
    """Read the four files of the MNIST format: 16 bytes of header before the images, 8 before the labels."""
    from torchvision import datasets

    def values(file: str, header: int) -> Tensor:
        return torch.from_numpy(
            np.frombuffer(gzip.decompress((folder / file).read_bytes()), np.uint8, offset=header).copy()
        )

    def part(prefix: str) -> tuple[Tensor, Tensor]:
        images = values(f"{prefix}-images-idx3-ubyte.gz", header=16).view(-1, 1, 28, 28)
        return images, values(f"{prefix}-labels-idx1-ubyte.gz", header=8).long()

    return Stored(part("train"), part("t10k"), tuple(getattr(datasets, torchvision_name).classes), str(folder))


def _cifar10(root: Root) -> Stored:
    """CIFAR-10 as torchvision stores it; the class checks each file's checksum whenever it is opened."""
    from torchvision.datasets import CIFAR10

    place = data_root(root)

    def part(train: bool, download: bool) -> tuple[tuple[Tensor, Tensor], tuple[str, ...]]:
        with patience():
            stored = CIFAR10(str(place), train=train, download=download)
        images = torch.from_numpy(stored.data).permute(0, 3, 1, 2).contiguous()
        return (images, torch.tensor(stored.targets)), tuple(stored.classes)

    folder = place / CIFAR10.base_folder
    try:
        train, classes = part(train=True, download=False)
    except RuntimeError as missing:
        _make_writable(place)
        try:
            train, classes = part(train=True, download=True)
        except (OSError, RuntimeError) as error:
            tried = [f"{folder}: {missing}", f"{CIFAR10.url}: {error}"]
            raise _unavailable("CIFAR-10", tried, f"{CIFAR10.filename} in {place}") from error
    test, _ = part(train=False, download=False)
    return Stored(train, test, classes, str(folder))


@contextmanager
def patience() -> Iterator[None]:
    """Give up a silent connection after `TIMEOUT` seconds: torchvision's downloads would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _make_writable(folder: Path) -> None:
    """Make the folder, or raise DataUnavailableError with what to do instead."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"no permission to write to {folder}")
    except OSError as error:
        raise DataUnavailableError(
            f"cannot write to the data folder: {error}. "
            f"Name another folder with root=... or the environment variable {ROOT_VARIABLE}"
        ) from error


def _unavailable(name: str, tried: list[str], place: str) -> DataUnavailableError:
    """The error for files that are nowhere."""
    lines = "".join(f"\n  - {attempt}" for attempt in tried)
    return DataUnavailableError(
        f"{name} is not on this machine and could not be downloaded. Tried:{lines}\n"
        f"Either use 'digits', which needs no network, or place {place}."
    )


SETS: dict[str, Callable[[Root], Stored]] = {
    "digits": _digits,
    "faces": _faces,
    "fashion_mnist": _fashion_mnist,
    "mnist": lambda root: _idx_set("MNIST", root, []),
    "cifar10": _cifar10,
}
