"""The workflows of GitHub name only what the repository has."""

import os
import re
import subprocess
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


CI = jobs(ROOT / ".github" / "workflows" / "ci.yml")


def stepped(job: str, name: str, folder: Path, gh: str) -> tuple[int, str, str]:
    """Run a step of ci.yml with a stand-in for GitHub's command: its status, outputs and messages."""
    (folder / "gh").write_text(f"#!/bin/sh\n{gh}\n")
    (folder / "gh").chmod(0o755)
    (step,) = (step for step in CI[job]["steps"] if step.get("id") == name)
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(folder / "output"), "BRANCH": "main",
        "GITHUB_REPOSITORY": "owner/name", "GITHUB_SHA": "abc",
    }  # fmt: skip
    (folder / "output").write_text("")
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, (folder / "output").read_text(), done.stdout


@pytest.mark.parametrize("job", ["notebooks", "pages"])
def test_only_the_newest_commit_is_published(job: str, tmp_path: Path) -> None:
    asked = '[ "$*" = "api repos/owner/name/commits/main --jq .sha" ] && echo'
    assert stepped(job, "newest", tmp_path, f"{asked} abc") == (0, "newest=yes\n", "")
    status, output, said = stepped(job, "newest", tmp_path, f"{asked} def")
    assert (status, output) == (0, "")
    assert said.startswith("::notice::Not published: ")
    assert stepped(job, "newest", tmp_path, "exit 1")[0] != 0
    first, *others = CI[job]["steps"]
    assert first["id"] == "newest"
    allowed = {"steps.newest.outputs.newest == 'yes'", "steps.enabled.outputs.pages == 'yes'"}
    assert {step["if"] for step in others} <= allowed


@pytest.mark.parametrize(
    ("gh", "failed", "outputs"),
    [
        ("echo HTTP/2.0 200 OK", False, "pages=yes\n"),
        ("echo HTTP/2.0 404 Not Found; exit 1", False, ""),
        ("echo HTTP/2.0 403 Forbidden; exit 1", True, ""),
        ("echo HTTP/2.0 500 Internal Server Error, not a 404; exit 1", True, ""),
        ("echo error connecting >&2; exit 1", True, ""),
    ],
)
def test_only_the_answer_404_means_that_there_are_no_pages(
    gh: str, failed: bool, outputs: str, tmp_path: Path
) -> None:
    status, output, said = stepped("pages", "enabled", tmp_path, gh)
    assert (status != 0, output) == (failed, outputs)
    assert ("::notice::" in said) == (not failed and not outputs)


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
