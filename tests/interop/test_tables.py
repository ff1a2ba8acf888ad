"""The tables of our nets beside those of others, held to the programs that make them."""

from pathlib import Path

import pytest
import torch

from cs231n_arch import create_model, interop, list_models
from cs231n_arch.anatomy import layer_table
from cs231n_arch.interop.caffe_import import MismatchError
from tests.interop.test_caffe import as_trained

# Of every way in which libraries' nets differ; small, as the same numbers are computed by both nets.
AGAIN = [
    "lenet5",
    "alexnet_cifar",
    "nin_cifar",
    "resnet18",
    "resnet20",
    "preact_resnet110",
    "densenet40_12",
    "squeezenet1_1",
]


def test_every_definition_is_ours() -> None:
    table = interop.releases()
    assert set(table.model) <= set(list_models())
    assert (table.difference.astype(float) < 1e-5).all()
    assert set(interop.RELEASES) <= set(table.model), "nets with a preprocessing of their release"


def test_a_definition_is_read_and_compared(tmp_path: Path) -> None:
    """On a definition of our own, which is there; those of the table are their authors'."""
    pytest.importorskip("cv2")
    from benchmarks import releases

    files = interop.to_caffe(as_trained(create_model("squeezenet1_1", num_classes=7)), tmp_path)
    release = releases.Release("squeezenet1_1", 227, "", "", files.prototxt.name)
    row = releases.compare(release, tmp_path)
    assert row["form"] == "paper"
    assert row["layers"] == "26"
    assert float(row["difference"]) < 1e-5

    text = files.prototxt.read_text()
    files.prototxt.write_text(text.replace("stride: 2", "stride: 1", 1))
    with pytest.raises(MismatchError, match=r"stride \(1, 1\) for \(2, 2\) in conv1"):
        releases.compare(release, tmp_path)


def test_every_net_is_in_the_table() -> None:
    table = interop.reproduction()
    ours = table[table.library == "ours"]
    assert ours.model.tolist() == list_models()
    assert set(table.library) == {"paper", "ours", "torchvision", "timm", "pytorchcv"}
    equal = table[table.equal_form == "paper"]
    assert (equal.our_layer == "").all()


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "vgg11", "fractalnet_cifar", "wide_resnet40_4"])
def test_our_rows(name: str) -> None:
    table = interop.reproduction()
    row = table[(table.model == name) & (table.library == "ours")].iloc[0]

    with torch.device("meta"):
        net = create_model(name)
    layers = layer_table(net)
    assert (int(row.params), int(row.macs)) == (layers.params.sum(), layers.macs.sum())
    assert row.input == "x".join(map(str, net.input_size))


@pytest.mark.parametrize("name", AGAIN)
def test_rows_made_again(name: str) -> None:
    pytest.importorskip("pytorchcv")
    pytest.importorskip("timm")
    from benchmarks import reproduction

    table = interop.reproduction()
    assert list(reproduction.rows(name)) == table[table.model == name].to_dict("records")


def test_forms_in_the_table_are_there() -> None:
    table = interop.reproduction()
    found = table[~table.equal_form.isin(["", "paper"])].drop_duplicates(["model", "equal_form"])
    assert len(found) > 5
    for row in found.itertuples():
        options = eval(f"dict({row.equal_form})")
        with torch.device("meta"):
            create_model(row.model, **options)


def test_what_differs_in_two_layers() -> None:
    table = interop.reproduction().set_index(["model", "library"])["difference"]
    assert table["resnet50", "torchvision"] == "stride=(2, 2) for stride=(1, 1)"
    assert table["wide_resnet50_2", "pytorchcv"] == "bias=False for nothing"
    assert table["alexnet", "torchvision"] == "out=96 for out=64, padding=(2, 2)"
    assert table["preact_resnet110", "pytorchcv"] == "BatchNorm2d for Conv2d"
    assert table["nin_cifar", "pytorchcv"] == "what it is given"
    assert table["squeezenet1_1", "pytorchcv"] == "what the net gives"
    assert table["resnet18", "torchvision"] == table["resnet18", "ours"] == ""
