"""`cs231n-arch experiment`."""

from pathlib import Path

import pytest

from cs231n_arch.cli import main
from cs231n_arch.experiments import EXPERIMENTS, load_record
from cs231n_arch.training.budget import VARIABLE


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["experiment", "--list"], ["experiment"]):
        assert main(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(":")[0] for line in lines] == list(EXPERIMENTS)
        assert "dropout: Does dropping half" in "\n".join(lines)
        assert "(alexnet-dropout)" in "\n".join(lines)


def test_run_and_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    arguments = ["experiment", "identity-construction", "--budget", "live", "--seeds", "4", "5"]
    assert main([*arguments, "--record", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "claim resnet-construction: shown" in printed
    record = load_record(tmp_path / "identity-construction.json")
    assert record["command"] == f"cs231n-arch {' '.join(arguments)} --record"
    assert record["seeds"] == [4, 5]


def test_unknown_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "lnr"]) != 0
    assert "no experiment is named 'lnr'; did you mean lrn?" in capsys.readouterr().err
