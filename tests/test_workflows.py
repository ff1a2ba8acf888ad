"""The workflows of GitHub name only what the repository has."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(file: Path) -> dict[str, Any]:
    """The jobs of a workflow."""
    found = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]
    assert isinstance(found, dict)
    return found


def needed(job: dict[str, Any]) -> list[str]:
    """The jobs that one waits for."""
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_scripts_exist(file: Path) -> None:
    commands = "\n".join(step["run"] for job in jobs(file).values() for step in job["steps"] if "run" in step)
    scripts = re.findall(r"(?:bash|python) ((?:\.ci|book)/\S+)", commands)
    assert scripts
    assert not [script for script in scripts if not (ROOT / script).exists()]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_job_that_uses_the_repository_checks_it_out(file: Path) -> None:
    for name, job in jobs(file).items():
        checked_out = any(step.get("uses", "").startswith("actions/checkout@") for step in job["steps"])
        used = re.findall(
            r"(?:bash|python) (?:\.ci|book)/", "\n".join(step.get("run", "") for step in job["steps"])
        )
        assert checked_out or not used, name


def test_a_release_tries_what_it_publishes() -> None:
    release = jobs(ROOT / ".github" / "workflows" / "release.yml")
    made: dict[str, str] = {}
    for name, job in release.items():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/upload-artifact@"):
                made[step["with"]["name"]] = name
    assert set(made) == {"dist", "book"}
    assert set(needed(release["try"])) == set(made.values())
    for name in ("publish", "archives"):
        assert needed(release[name]) == ["try"]
        assert not any("build" in step.get("run", "") for step in release[name]["steps"])  # nothing untried
    tried = [step["run"] for step in release["try"]["steps"] if "chapters_alone" in step.get("run", "")]
    assert tried == ["python .ci/chapters_alone.py dist/*.whl book-of-the-tag/notebooks"]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_job_that_may_write_runs_no_code_of_the_repository_or_of_a_package(file: Path) -> None:
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}
    for name, job in jobs(file).items():
        if "permissions" in job:
            assert "strategy" not in job
            commands = "\n".join(step.get("run", "") for step in job["steps"])
            assert not re.search(r"\b(?:pip|python|bash|jupyter-book)\b", commands), name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_job_ends_by_itself(file: Path) -> None:
    assert {name for name, job in jobs(file).items() if "timeout-minutes" not in job} == set()


def test_what_one_job_takes_another_made() -> None:
    for file in WORKFLOWS:
        found = jobs(file)
        for name, job in found.items():
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/download-artifact@"):
                    makers = {
                        maker
                        for maker, other in found.items()
                        for made in other["steps"]
                        if made.get("uses", "").startswith("actions/upload-artifact@")
                        and step.get("with", {}).get("name", made["with"]["name"]) == made["with"]["name"]
                    }
                    waits = set(needed(job)) | {n for need in needed(job) for n in needed(found[need])}
                    assert makers, (file.name, name)
                    assert makers <= waits, (file.name, name)
