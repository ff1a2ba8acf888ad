import gzip
import hashlib
import socket
from pathlib import Path
from urllib.error import URLError

import pytest
import torch

from cs231n_arch import data
from cs231n_arch.data import sources


@pytest.fixture
def no_network(monkeypatch):
    """Every connection fails as it does on a machine without one."""

    def refuse(*args, **kwargs):
        raise URLError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)


def test_digits_are_the_same_real_split_every_time():
    split = data.load("digits", normalise=None)
    assert split.train_images.shape == (1437, 1, 8, 8)
    assert split.test_images.shape == (360, 1, 8, 8)
    assert split.train_images.dtype == torch.uint8
    assert split.train_images.max() == 255
    # The split is part of every recorded result: it must not move with a version of scikit-learn.
    assert hashlib.sha256(split.test_labels.numpy().tobytes()).hexdigest()[:16] == "4493b2052e7b4258"


def without_home(monkeypatch):
    """No HOME, and a user that the system does not know, as in a container started with --user 1234."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv(sources.ROOT_VARIABLE, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # what it gives there


def test_faces_are_scikit_images_in_two_halves():
    from skimage.data import lfw_subset

    split, stored = data.load("faces", normalise=None), torch.from_numpy(255 * lfw_subset()).round()
    assert split.classes == ("face", "background")
    for part, images in enumerate((split.train_images, split.test_images)):
        assert torch.equal(images[:, 0], stored[part::2].to(torch.uint8))
    for labels in (split.train_labels, split.test_labels):
        assert labels.tolist() == [0] * 50 + [1] * 50  # the documentation: the first hundred are faces


def test_digits_need_no_home(monkeypatch):
    without_home(monkeypatch)
    assert len(data.load("digits").train_images) == 1437


def test_other_sets_say_what_to_do_without_a_home(monkeypatch, no_network):
    without_home(monkeypatch)
    with pytest.raises(
        data.DataUnavailableError, match=r"no home folder .* environment variable CS231N_ARCH_DATA"
    ):
        data.load("mnist")


def test_digits_are_stratified_and_disjoint():
    split = data.load("digits", normalise=None)
    share = torch.bincount(split.test_labels) / torch.bincount(torch.cat([split.train_labels, split.test_labels]))
    assert (share - 0.2).abs().max() < 0.01
    together = torch.cat([split.train_images, split.test_images]).flatten(1)
    assert len(together.unique(dim=0)) == 1797


def test_standard_normalization_has_mean_zero_and_deviation_one_on_the_training_images():
    split = data.load("digits", image_size=16, channels=3)
    assert split.image_size == (3, 16, 16)
    assert split.train_images.mean(dim=(0, 2, 3)) == pytest.approx([0.0] * 3, abs=1e-4)
    assert split.train_images.std(dim=(0, 2, 3)) == pytest.approx([1.0] * 3, abs=1e-4)
    # The test images are shifted by the training images' figures, not by their own.
    raw = data.load("digits", image_size=16, channels=3, normalise=None)
    expected = (raw.test_images / 255 - split.mean[0]) / split.std[0]
    torch.testing.assert_close(split.test_images, expected, atol=1e-5, rtol=0)


def test_lenet_normalization_is_the_papers_background_and_ink():
    split = data.load("digits", image_size=32, normalise="lenet")
    assert split.train_images.min() == pytest.approx(-0.1, abs=1e-6)
    assert split.train_images.max() == pytest.approx(1.175, abs=1e-6)


def test_resizing_keeps_labels_and_brightness():
    small = data.load("digits", normalise=None)
    large = data.load("digits", image_size=32, normalise=None)
    assert torch.equal(small.train_labels, large.train_labels)
    assert large.train_images.float().mean() == pytest.approx(small.train_images.float().mean().item(), rel=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "digit"}, "did you mean digits"),
        ({"name": "digits", "channels": 2}, "channels must be 1 or 3; given 2"),
        ({"name": "digits", "image_size": 0}, "image_size must be a whole number of at least 1; given 0"),
        ({"name": "digits", "normalise": "minmax"}, "normalise must be 'standard', 'lenet' or None"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        data.load(**options)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_without_network_the_error_says_what_was_tried_and_what_to_do(name, tmp_path, no_network, monkeypatch):
    monkeypatch.setattr(sources, "DEBIAN_FASHION", tmp_path / "absent")
    with pytest.raises(data.DataUnavailableError) as error:
        data.load(name, root=tmp_path)
    message = str(error.value)
    assert "Tried:" in message
    assert "http" in message
    assert "no route" in message
    assert "use 'digits'" in message
    assert str(tmp_path) in message


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_a_folder_that_cannot_be_written_is_named(name, tmp_path, no_network):
    file = tmp_path / "file"
    file.write_text("a file, so nothing can be made below it")
    with pytest.raises(data.DataUnavailableError, match=r"cannot write to the data folder.*CS231N_ARCH_DATA"):
        data.load(name, root=file / "below")


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CS231N_ARCH_DATA", str(tmp_path))
    assert sources.data_root() == tmp_path
    assert sources.data_root(tmp_path / "given") == tmp_path / "given"
    monkeypatch.delenv("CS231N_ARCH_DATA")
    assert sources.data_root() == Path.home() / ".cache" / "cs231n_arch"


def idx_files(folder: Path, images: int) -> dict[str, str]:
    """Write a small set in the format of MNIST; return the files' MD5."""
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    sums = {}
    for part in ("train", "t10k"):
        pixels = torch.randint(0, 256, (images, 28, 28), generator=generator, dtype=torch.uint8)
        labels = torch.arange(images, dtype=torch.uint8) % 10
        for kind, values, header in (("images-idx3", pixels, 16), ("labels-idx1", labels, 8)):
            path = folder / f"{part}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(bytes(header) + values.numpy().tobytes()))
            sums[path.name] = hashlib.md5(path.read_bytes()).hexdigest()
    return sums


def test_local_files_are_read_after_their_checksum(tmp_path, no_network, monkeypatch):
    from torchvision.datasets import MNIST

    sums = idx_files(tmp_path / "MNIST" / "raw", images=20)
    monkeypatch.setattr(MNIST, "resources", list(sums.items()))
    split = data.load("mnist", root=tmp_path, normalise=None)
    assert split.train_images.shape == (20, 1, 28, 28)
    assert split.test_labels.tolist() == [*range(10)] * 2

    damaged = tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte.gz"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(data.DataUnavailableError, match=r"t10k-labels-idx1-ubyte.gz has a wrong checksum"):
        data.load("mnist", root=tmp_path)


def test_a_damaged_system_copy_is_not_trusted(tmp_path, no_network, monkeypatch):
    system = tmp_path / "system"
    idx_files(system, images=20)
    monkeypatch.setattr(sources, "DEBIAN_FASHION", system)
    with pytest.raises(data.DataUnavailableError, match=r"train-images-idx3-ubyte.gz has a wrong checksum"):
        data.load("fashion_mnist", root=tmp_path)


@pytest.mark.skipif(
    not sources.DEBIAN_FASHION.exists(), reason="the package dataset-fashion-mnist is not installed"
)
def test_fashion_mnist_from_the_system_package(tmp_path, no_network):
    split = data.load("fashion_mnist", root=tmp_path, normalise=None)
    assert split.train_images.shape == (60000, 1, 28, 28)
    assert split.test_images.shape == (10000, 1, 28, 28)
    assert torch.bincount(split.train_labels).tolist() == [6000] * 10
    assert split.classes[9] == "Ankle boot"
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server_is_given_up_and_the_time_limit_restored():
    with sources.patience():
        assert socket.getdefaulttimeout() == sources.TIMEOUT
    assert socket.getdefaulttimeout() is None
