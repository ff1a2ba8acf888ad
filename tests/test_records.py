import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import torch

from cs231n_arch import machine
from cs231n_arch.records import stamp, write_atomically


def test_text_and_bytes_are_written_into_new_folders(tmp_path):
    place = write_atomically(tmp_path / "a/b/é.txt", "é\n")
    assert place.read_bytes() == "é\n".encode()
    assert write_atomically(place, b"\x00").read_bytes() == b"\x00"
    assert list(place.parent.iterdir()) == [place]


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    place = write_atomically(tmp_path / "a.txt", "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(place, "new")
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_folder_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "a").write_text("in the way")
    with pytest.raises(OSError, match="a"):
        write_atomically(tmp_path / "a/b.txt", "x")


def test_a_killed_writer_leaves_the_old_or_the_new(tmp_path):
    place = tmp_path / "a.txt"
    code = (
        "import sys; from cs231n_arch.records import write_atomically\n"
        "for i in range(10**9): write_atomically(sys.argv[1], f'{i % 10}' * 2_000_000)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(place)])
    while not place.exists():
        time.sleep(0.01)
    time.sleep(0.1)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    text = place.read_text()
    assert len(text) == 2_000_000
    assert len(set(text)) == 1


def git(folder, *words):
    told = subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *words],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return told.stdout.strip()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_the_recorded_commit_is_that_of_the_library_and_not_of_a_repository_around_it(tmp_path, monkeypatch):
    inside = tmp_path / "venv/cs231n_arch"
    inside.mkdir(parents=True)
    (inside / "machine.py").write_text("")
    (tmp_path / "theirs.py").write_text("")
    monkeypatch.setattr(machine, "__file__", str(inside / "machine.py"))
    assert stamp()["commit"] is None
    git(tmp_path, "init")
    git(tmp_path, "add", "theirs.py")
    git(tmp_path, "commit", "-m", "somebody's own")
    assert stamp()["commit"] is None
    git(tmp_path, "add", "venv")
    git(tmp_path, "commit", "-m", "now with the library")
    assert stamp()["commit"] == git(tmp_path, "rev-parse", "HEAD")


def test_a_stamp_says_when_and_where():
    made = stamp()
    assert list(made) == ["date", "commit", "machine"]
    assert made["date"] == datetime.now(UTC).strftime("%Y-%m-%d")
    assert made["machine"]["versions"]["torch"] == torch.__version__
    assert json.loads(json.dumps(made)) == made
