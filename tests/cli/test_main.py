"""The command line: what it prints, with which exit status, how soon, and into which terminals."""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from cs231n_arch import __version__, cli, data, list_models
from cs231n_arch.cli.main import PIPE_CLOSED, build_parser

COMMAND = [sys.executable, "-m", "cs231n_arch"]


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "resnet1*"]) == 0
    assert capsys.readouterr().out.split() == list_models("resnet1*")
    assert cli.main(["list", "vgg1"]) == 0
    assert capsys.readouterr().out.split() == list_models("vgg1*")


def test_the_long_list_has_sizes_papers_and_chapters(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "vgg11", "--long"]) == 0
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == ["model", "input", "parameters", "MACs", "weights", "chapter", "paper"]
    assert line.split() == ["vgg11", "3x224x224", "132,863,336", "7.61", "G", "torchvision", "vgg", "simonyan2015"]


def test_models_with_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "resnet", "--pretrained"]) == 0
    assert capsys.readouterr().out.split() == ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def test_classify(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    photos = data.photos()
    for name in ("coffee", "photographer"):
        Image.fromarray(photos[name].image.permute(1, 2, 0).numpy()).save(tmp_path / f"{name}.png")
    paths = [str(tmp_path / f"{name}.png") for name in ("coffee", "photographer")]
    assert cli.main(["classify", *paths]) == 0
    first, title, best, *rest = capsys.readouterr().out.splitlines()
    assert first == f"{paths[0]} (600x400):"
    assert title.split() == ["probability", "class"]
    assert best.split()[1] == "espresso"
    assert float(best.split()[0].removesuffix("%")) > 95
    assert f"{paths[1]} (512x512):" in rest
    assert len(rest) == 4 + 1 + 2 + 5 + 1 + 1
    assert rest[-1].startswith("squeezenet1_1, weights: ")


def test_classify_refuses(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no image")
    assert cli.main(["classify", str(tmp_path / "a.jpg")]) == 1
    assert "a.jpg is no image that Pillow can read" in capsys.readouterr().err
    assert cli.main(["classify", str(tmp_path / "none.jpg")]) == 1
    assert "No such file" in capsys.readouterr().err
    Image.new("RGB", (30, 30)).save(tmp_path / "a.png")
    assert cli.main(["classify", str(tmp_path / "a.png"), "--model", "lenet5"]) == 1
    assert "no weights for lenet5" in capsys.readouterr().err


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["summary", "alexnet"]) == 0
    printed = capsys.readouterr().out
    assert "62,378,344 parameters (250 MB as 32-bit floats)\n1,135,256,096 multiply-accumulates" in printed
    assert "\nconv1     Conv2d 11x11 s4    96x55x55       34,944  105,415,200\n" in printed
    assert cli.main(["summary", "lenet5", "--csv"]) == 0
    assert pd.read_csv(io.StringIO(capsys.readouterr().out))["params"].sum() == 60_000


def test_summary_of_blocks_adds_the_layers_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["summary", "resnet18", "--depth", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split() for line in lines[1 : lines.index("")]}
    assert list(rows) == [
        "conv1", "bn1", "relu1", "pool1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "avgpool", "flatten", "fc",
    ]  # fmt: skip
    assert rows["conv2_x"][1:] == ["14", "layers", "64x56x56", "147,968", "462,422,016"]
    assert sum(int(row[-2].replace(",", "")) for row in rows.values()) == 11_689_512


def test_summary_of_another_size_and_other_classes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["summary", "resnet18", "--input-size", "3x256x192", "--classes", "10"]) == 0
    printed = capsys.readouterr().out
    assert "one image of 3x256x192" in printed
    assert f"{11_689_512 - 990 * 513:,} parameters" in printed
    with pytest.raises(SystemExit):
        cli.main(["summary", "resnet18", "--input-size", "256"])
    assert "invalid size value: '256'" in capsys.readouterr().err
    assert cli.main(["summary", "resnet18", "--depth", "0"]) == 1
    assert "--depth must be at least 1; given 0" in capsys.readouterr().err


@pytest.mark.parametrize("model", ["resnet152", "inception_resnet_v2", "fractalnet_cifar"])
def test_a_summary_fits_100_columns(
    model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert cli.main(["summary", model]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_claims(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "alexnet-conv1-*"]) == 0
    printed = capsys.readouterr().out
    assert "alexnet-conv1-params: confirmed" in printed
    assert "34,848" in printed
    assert cli.main(["claims", "--chapter", "alexnet", "--csv"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert set(table["chapter"]) == {"alexnet"}


def test_experiments_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["experiment", "--list"]) == 0
    assert "resnet-degradation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summary", "alexnett"], "cs231n-arch summary: no model is named 'alexnett'; did you mean alexnet"),
        (["list", "zzz*"], "cs231n-arch list: no model matches 'zzz*'; `cs231n-arch list` prints all "),
        (["claims", "nothing-*"], "cs231n-arch claims: "),
        (["claims", "--chapter", "zzz"], "no chapter is named 'zzz'. There are history, "),
        (["experiment", "nothing"], "cs231n-arch experiment: "),
    ],
)
def test_a_failure_is_explained(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["bake"], ["summary"], ["summary", "alexnet", "--colour"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(arguments)
    assert exit_.value.code == 2
    assert "usage: cs231n-arch" in capsys.readouterr().err


def test_interruption(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(pattern: str) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("cs231n_arch.cli.list.list_models", interrupted)
    assert cli.main(["list"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--help"])
    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in cli.SUBCOMMANDS)


@pytest.mark.parametrize("name", cli.SUBCOMMANDS)
def test_help_has_examples_that_can_be_given(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([name, "--help"])
    examples = capsys.readouterr().out.partition("examples:\n")[2].splitlines()
    assert examples
    for example in examples:
        words = [word.strip("'") for word in example.partition(">")[0].split()]
        assert words[0] == "cs231n-arch"
        assert build_parser(words[1:]).parse_args(words[1:]).subcommand == name


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["list"], ["list", "--help"], ["train", "--help"], ["profile", "--help"]]
)
def test_answers_at_once_because_torch_is_not_loaded(words: list[str]) -> None:
    told = (
        "import sys, time; from cs231n_arch import cli\n"
        f"try: cli.main({words})\nexcept SystemExit: pass\n"
        "print(time.process_time(), 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    seconds, loaded = ran.stdout.splitlines()[-1].split()
    assert loaded == "False"
    assert float(seconds) < 0.3  # processor time, which a busy machine changes little; measured: 0.05


def test_the_module_is_the_command() -> None:
    ran = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == f"cs231n-arch {__version__}"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other pipes")
@pytest.mark.parametrize("words", [["list"], ["summary", "vgg11"]])
def test_a_closed_pipe_ends_the_command_silently(words: list[str]) -> None:
    reader, writer = os.pipe()
    running = subprocess.Popen([*COMMAND, *words], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    os.close(reader)
    _, told = running.communicate(timeout=120)
    assert told == ""
    assert running.returncode == PIPE_CLOSED


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "cp932", "big5", "cp1251", "latin-1"])
def test_every_terminal_can_be_printed_to(encoding: str) -> None:
    told = (
        "from cs231n_arch.cli import main\nfrom cs231n_arch.cli import list as command\n"
        "command.list_models = lambda pattern: ['3x3² – 1×1 ± … µ', 'λ 中']\n"
        "main.__globals__['sys'].exit(main(['list']))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, env=environment, check=True)
    first, second = ran.stdout.decode(encoding).splitlines()
    signs = {"²": "^2", "–": "-", "×": "x", "±": "+-", "…": "...", "µ": "u"}
    expected = "3x3² – 1×1 ± … µ"
    for sign, plain in signs.items():
        if sign not in first:
            expected = expected.replace(sign, plain)
    assert first == expected
    assert len(second) == 3
    assert ran.stderr == b""


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_script_knows_subcommands_and_options(shell, capsys) -> None:
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in (*cli.SUBCOMMANDS, "--input-size", "--overwrite"):
        assert word in script


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_a_subcommand(tmp_path) -> None:
    script = tmp_path / "completion"
    script.write_text(subprocess.run([*COMMAND, "completion", "bash"], capture_output=True, text=True).stdout)
    asked = (
        f"source {script}; COMP_WORDS=(cs231n-arch clai); COMP_CWORD=1; _shtab_cs231n_arch; echo ${{COMPREPLY[@]}}"
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True)
    assert done.stdout.split() == ["claims"], done.stderr
