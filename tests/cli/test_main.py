"""The command line: what it prints, and with which exit code."""

import io
import subprocess
import sys

import pandas as pd
import pytest

from cs231n_arch import __version__, cli, list_models


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "resnet1*"]) == 0
    assert capsys.readouterr().out.split() == list_models("resnet1*")


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["summary", "alexnet"]) == 0
    assert "62,378,344 parameters, 1,135,256,096 MACs" in capsys.readouterr().out
    assert cli.main(["summary", "lenet5", "--csv"]) == 0
    assert pd.read_csv(io.StringIO(capsys.readouterr().out))["params"].sum() == 60_000


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
        (["list", "zzz*"], "cs231n-arch list: no model matches 'zzz*'"),
        (["claims", "nothing-*"], "cs231n-arch claims: "),
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

    monkeypatch.setattr("cs231n_arch.models.list_models", interrupted)
    assert cli.main(["list"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--help"])
    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in cli.SUBCOMMANDS)


def test_the_module_is_the_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "cs231n_arch", "--version"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == f"cs231n-arch {__version__}"
