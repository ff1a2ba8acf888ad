"""Nets as ONNX files: equal scores for any number of images, clear refusals, nothing lost."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from cs231n_arch import cli, create_model
from cs231n_arch.interop import OnnxNet, export

pytest.importorskip("onnxruntime", reason='needs ONNX Runtime: pip install "cs231n-arch[onnx]"')


def assert_equal_scores(net: nn.Module, model: nn.Module, size: tuple[int, ...]) -> None:
    for number in (1, 3):
        images = torch.rand(number, *size)
        with torch.inference_mode():
            wanted = model.eval()(images)
        # The differences measured with AVX2 and AVX-512 are at most 2e-6 of the largest score.
        torch.testing.assert_close(net(images), wanted, rtol=0, atol=5e-5 * wanted.abs().max().item())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lenet5", {}),
        ("alexnet_two_gpu", {"num_classes": 10}),
        ("squeezenet1_1", {}),
        ("googlenet", {}),
        ("preact_resnet", {"depth": 20}),
        ("stochastic_resnet", {"depth": 20}),
        ("fractalnet_cifar", {"filters": (8, 8, 8, 8, 8)}),
        ("densenet_cifar", {"depth": 22, "growth_rate": 12}),
        ("se_resnet20", {}),
    ],
)
def test_the_file_gives_the_same_scores(name, options, tmp_path):
    model = create_model(name, **options)
    net = export(model, tmp_path / "net.onnx")
    assert model.training, "the model is left as it was"
    assert_equal_scores(net, model, model.input_size)
    assert_equal_scores(OnnxNet(tmp_path / "net.onnx", threads=1), model, model.input_size)


def test_a_net_of_another_library(tmp_path):
    model = torchvision.models.resnet18()
    assert_equal_scores(export(model, tmp_path / "a" / "net.onnx", (3, 64, 64)), model, (3, 64, 64))


def test_a_file_that_is_there_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        export(create_model("lenet5"), path)
    assert path.read_bytes() == b"mine"
    export(create_model("lenet5"), path, overwrite=True)
    assert len(path.read_bytes()) > 4 * 60_000


class Eigenvalues(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.linalg.eigvals(x[:, 0]).real


class Two(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        (Eigenvalues(), (1, 4, 4), "Eigenvalues cannot become an ONNX file: .*linalg_eig"),
        (Two(), (1, 4, 4), "one tensor"),
        (nn.Conv2d(3, 4, 3), None, "no input_size"),
    ],
)
def test_nets_that_cannot_be_exported_say_why_and_leave_no_file(model, size, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        export(model, tmp_path / "net.onnx", size)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no net at all"])
def test_a_file_that_is_no_net_is_refused(content, tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot read .*broken\.onnx"):
        OnnxNet(path)
    with pytest.raises(FileNotFoundError):
        OnnxNet(tmp_path / "nowhere.onnx")
    with pytest.raises(ValueError, match="threads"):
        OnnxNet(path, threads=0)


def test_the_command_exports_models_and_trained_folders(tmp_path, capsys):
    out = tmp_path / "run"
    assert cli.main(["train", "--model", "lenet5", "--data", "digits", "--steps", "2", "--out", str(out)]) == 0
    assert cli.main(["export", str(out), str(tmp_path / "trained.onnx")]) == 0
    assert "images (N, 1, 32, 32) -> scores" in capsys.readouterr().out
    assert cli.main(["export", "lenet5", str(tmp_path / "trained.onnx")]) == 1
    assert "there already" in capsys.readouterr().err
    assert cli.main(["export", str(out), str(tmp_path / "other.onnx"), "--pretrained"]) == 1
    kept = torch.load(out / "checkpoint.pt", weights_only=True)["state"]["model"]
    model = create_model("lenet5", in_channels=1)
    model.load_state_dict(kept)
    assert_equal_scores(OnnxNet(tmp_path / "trained.onnx"), model, (1, 32, 32))
