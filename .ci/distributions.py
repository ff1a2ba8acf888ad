"""Look into the built wheel and source archive: small, typed, complete, and without what nobody should install.

python .ci/distributions.py dist/*
"""

import re
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
LARGEST = 5e6  # bytes
DATA = (".py", ".csv", ".json", ".html", ".css", ".js", ".typed")  # what the package consists of


def contents(archive: Path) -> set[str]:
    """The files in an archive; in a source archive without the folder that all of them are in."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name for name in wheel.namelist() if not name.endswith("/")}
    with tarfile.open(archive) as source:
        return {name.partition("/")[2] for name in source.getnames()}


def faults(archive: Path) -> list[str]:
    """What is wrong with an archive."""
    files, wheel = contents(archive), archive.suffix == ".whl"
    package = {name for name in files if name.startswith("cs231n_arch/")}
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cs231n_arch").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = [f"it lacks {name}" for name in sorted(here - package)]
    found += [f"{name} is not in the repository" for name in sorted(package - here)]
    found += [f"{name} has no place in a package" for name in package if PurePosixPath(name).suffix not in DATA]
    if "cs231n_arch/py.typed" not in package:
        found.append("no py.typed: type checkers would ignore the annotations")
    version = re.search(r'^__version__ = "(.+)"$', (ROOT / "cs231n_arch/__init__.py").read_text(), re.MULTILINE)
    if version is None or f"-{version[1]}" not in archive.name:
        found.append("its name does not have the version of the package")
    if wheel:
        others = {name.partition("/")[0] for name in files} - {"cs231n_arch"}
        found += [f"{name} would be installed beside the package" for name in others if ".dist-info" not in name]
        found += [f"{name} is of the tests" for name in files if "test" in PurePosixPath(name).name]
    else:
        needed = (
            "pyproject.toml",
            "README.md",
            "LICENSE",
            "CHANGELOG.md",
            "CITATION.cff",
            "tests/test_structure.py",
        )
        found += [f"it lacks {name}" for name in needed if name not in files]
    size = archive.stat().st_size
    if size > LARGEST:
        found.append(f"{size / 1e6:.1f} MB are more than {LARGEST / 1e6:.0f} MB")
    return found


def main() -> int:
    """Check the archives that are named, which must be a wheel and a source archive at least."""
    archives = [Path(name) for name in sys.argv[1:]]
    wrong = [f"{archive.name}: {fault}" for archive in archives for fault in faults(archive)]
    if {archive.suffix for archive in archives} != {".whl", ".gz"}:
        wrong.append("give a wheel and a source archive")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    for archive in archives:
        print(f"{archive.name}: {len(contents(archive))} files, {archive.stat().st_size / 1e6:.2f} MB")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
