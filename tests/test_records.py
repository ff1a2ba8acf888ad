import os
import signal
import subprocess
import sys
import time

import pytest

from cs231n_arch.records import write_atomically


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
