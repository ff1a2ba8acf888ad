"""The first cell of a plain notebook: it installs the package from wherever it can be had."""

import functools
import http.server
import os
import shutil
import site
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.editions.conftest import build

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://127.0.0.1"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has all of this one's packages but ours."""
    folder = tmp_path_factory.mktemp("colab")
    venv.create(folder / "env", with_pip=True, symlinks=True)
    packages = folder / "packages"
    packages.mkdir()
    # Debian's Python names folders that are not there.
    for place in filter(Path.is_dir, map(Path, site.getsitepackages())):
        for entry in place.iterdir():
            ours = "cs231n" in entry.name or entry.name.startswith(("pip-", "pip", "_virtualenv"))
            if not ours and not (packages / entry.name).exists():
                (packages / entry.name).symlink_to(entry)
    own = next((folder / "env" / "lib").glob("python*/site-packages"))
    (own / "others.pth").write_text(f"{packages}\n")
    for old in [*own.glob("setuptools*"), *own.glob("_distutils_hack")]:  # an older one than torch asks for
        shutil.rmtree(old)
    return folder / "env" / "bin" / "python"


@pytest.fixture
def fresh(python: Path) -> Iterator[Path]:
    """The interpreter, without our package before and after."""
    yield python
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", "cs231n-arch"], check=True, capture_output=True)


def first_cell(pages: Path) -> str:
    """The code of the cell."""
    made = nbformat.read(pages / "notebooks" / "first.ipynb", as_version=4)
    return next(cell.source for cell in made.cells if cell.cell_type == "code")


def run(python: Path, code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the cell in an empty folder, where pip reaches no index."""
    code += "\nimport cs231n_arch; print(cs231n_arch.__file__)"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "PIP_"))}
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [python, "-c", code],
        cwd=folder,
        env=kept | offline | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(book: Path) -> Path:
    """The wheel that lies beside the notebooks."""
    (found,) = (book / "notebooks").glob("*.whl")
    return found


@pytest.fixture(scope="session", autouse=True)
def _with_wheel(book: Path) -> None:
    """The small book has no project of its own; its wheel is built from ours."""
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    from plain_notebooks.archives import build_wheel

    build_wheel(ROOT, book / "notebooks")


def test_a_wheel_beside_the_notebook(fresh: Path, book: Path, wheel: Path, tmp_path: Path) -> None:
    shutil.copy(wheel, tmp_path)
    done = run(fresh, first_cell(book), tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(fresh.parents[1]) in done.stdout.splitlines()[-1]


def test_an_index(fresh: Path, book: Path, wheel: Path, tmp_path: Path) -> None:
    done = run(fresh, first_cell(book), tmp_path, PIP_FIND_LINKS=str(wheel.parent))
    assert done.returncode == 0, done.stderr


def test_the_wheel_that_the_book_serves(fresh: Path, wheel: Path, tmp_path: Path) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(wheel.parents[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "book").mkdir()
        pages = build(tmp_path / "book", f"{ADDRESS}:{server.server_port}")
        done = run(fresh, first_cell(pages), tmp_path)
        server.shutdown()
    assert done.returncode == 0, done.stderr


def test_the_repository(fresh: Path, book: Path, tmp_path: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no repository")
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    code = first_cell(book).replace(
        '"cs231n-arch==', f'"git+https://github.com/someone/a-book@{commit}", "cs231n-arch=='
    )
    # The address of the repository leads to this checkout; what builds the wheel is installed here already.
    inside = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{ROOT}.insteadOf"}
    inside |= {"GIT_CONFIG_VALUE_0": "https://github.com/someone/a-book", "PIP_NO_BUILD_ISOLATION": "0"}
    done = run(fresh, code, tmp_path, **inside)
    assert done.returncode == 0, done.stderr


def test_a_failure_says_what_to_do(fresh: Path, book: Path, tmp_path: Path) -> None:
    done = run(fresh, first_cell(book), tmp_path)
    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert "beside this notebook" in done.stderr


def test_what_is_there_is_not_installed_again(fresh: Path, book: Path, wheel: Path, tmp_path: Path) -> None:
    command = [fresh, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    code = first_cell(book).replace("subprocess.run(", "print('pip is called') or subprocess.run(")
    done = run(fresh, code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "pip is called" not in done.stdout
