"""`cs231n-arch experiment`."""

from pathlib import Path

import pytest

from cs231n_arch.cli import experiment as command
from cs231n_arch.cli import main
from cs231n_arch.experiments import EXPERIMENTS, Arm, Comparison, Experiment, Work, load_record
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.running import TimeUpError
from cs231n_arch.training.budget import VARIABLE


def tiny(name: str) -> Experiment:
    work = Work("digits", 8, 64, epochs=1, batch_size=32)
    return Experiment(
        id=name,
        question="Does width help?",
        arms={"narrow": Arm("workbench", {"channels": 2}), "wide": Arm("workbench", {"channels": 8})},
        comparisons=(Comparison("narrow", "wide", Better("lower"), claim="alexnet-dropout-effect"),),
        recipe="alexnet",
        budgets={"live": work, "gpu": work},
        looks=(2,),
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three experiments in the place of the real ones."""
    monkeypatch.delenv(VARIABLE, raising=False)
    table = {name: tiny(name) for name in ("one", "two", "three")}
    monkeypatch.setattr(command, "EXPERIMENTS", table)
    monkeypatch.setattr(command, "get", table.__getitem__)
    monkeypatch.setattr(command, "HOURS", {"two": 1.0, "three": 1.0, "one": 1.0})


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["experiment", "--list"], ["experiment"]):
        assert main(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split(":")[0] for line in lines] == list(EXPERIMENTS)
        assert "dropout: Does dropping half" in "\n".join(lines)
        assert "(alexnet-dropout-effect)" in "\n".join(lines)


@pytest.mark.usefixtures("small")
def test_run_and_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["experiment", "one", "--budget", "live", "--seeds", "4", "5"]
    assert main([*arguments, "--record", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "claim alexnet-dropout-effect: " in printed
    assert "rule: the treatment is lower than the control" in printed
    record = load_record(tmp_path / "one.json")
    assert record["command"] == f"cs231n-arch {' '.join(arguments)} --record"
    assert record["seeds"] == [4, 5]
    written = (tmp_path / "one.json").read_bytes()
    capsys.readouterr()
    assert main([*arguments, "--record", str(tmp_path)]) == 1
    assert "--overwrite replaces it" in capsys.readouterr().err
    assert (tmp_path / "one.json").read_bytes() == written
    assert main([*arguments, "--record", str(tmp_path), "--overwrite"]) == 0
    assert not list((tmp_path / "unfinished").iterdir())


@pytest.mark.usefixtures("small")
def test_a_disk_that_is_full_at_the_end_loses_no_arm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    arguments = ["experiment", "one", "--budget", "live", "--resume", "--record", str(tmp_path)]
    with monkeypatch.context() as patch:
        patch.setattr(command, "save", full)
        assert main(arguments) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert not (tmp_path / "one.json").exists()

    def trained_again(*_: object, **__: object) -> None:
        raise AssertionError("every arm was on file")

    monkeypatch.setattr("cs231n_arch.experiments.trial.train", trained_again)
    assert main(arguments) == 0
    assert load_record(tmp_path / "one.json")["seeds"] == [0, 1]


@pytest.mark.usefixtures("small")
def test_a_gpus_record_stands_beside_a_cpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.json").write_text("the CPU's")
    arguments = ["experiment", "one", "--budget", "gpu", "--record", str(tmp_path)]
    assert main(arguments) == 0
    assert (tmp_path / "one.json").read_text() == "the CPU's"
    assert main(arguments) == 1
    assert "one-gpu.json is there already" in capsys.readouterr().err


@pytest.mark.usefixtures("small")
def test_all_run_in_order_of_value_and_only_those_that_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["experiment", "--all", "--budget", "gpu", "--record", str(tmp_path), "--resume"]
    assert main(["experiment", "three", "--budget", "gpu", "--record", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(arguments) == 0
    written = [line.rsplit("/", 1)[1] for line in capsys.readouterr().out.splitlines() if line.endswith(".json")]
    assert written == ["two-gpu.json", "one-gpu.json"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("small")
def test_the_limit_is_a_clean_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    def stopped(*_: object, limit: float, **__: object) -> None:
        limits.append(limit)
        raise TimeUpError("two: the limit is reached with 4 tasks to do")

    monkeypatch.setattr(command, "run_experiment", stopped)
    assert main(["experiment", "--all", "--budget", "live", "--record", str(tmp_path), "--limit", "9m"]) == 0
    assert limits == [pytest.approx(540, abs=5)]
    assert "4 tasks to do; the same command goes on with --resume" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lnr"], "no experiment is named 'lnr'; did you mean lrn?"),
        (["lrn", "--limit", "soon"], "a time is a number with s, m or h, such as 9m; given 'soon'"),
        (["lrn", "--data", "/nowhere"], "there is no folder '/nowhere'"),
        (["lrn", "--all"], "not allowed with argument"),
    ],
)
def test_bad_requests(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["experiment", *arguments])
    except SystemExit as wrong:
        code = int(wrong.code or 0)
    assert code != 0
    assert message in capsys.readouterr().err
