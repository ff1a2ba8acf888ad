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
