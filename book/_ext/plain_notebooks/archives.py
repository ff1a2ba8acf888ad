"""What lies beside the notebooks: the wheel, and all of them in archives."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder
from sphinx.application import Sphinx

from plain_notebooks.buttons import ARCHIVES, FOLDER


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the wheel and an archive of each edition, after a good build."""
    folder = Path(app.outdir) / FOLDER
    if exception is not None or not folder.is_dir():
        return
    for name in ARCHIVES:
        edition = name.removesuffix("notebooks").rstrip("-")
        pack(folder / edition, folder / f"{name}.zip")
    if (Path(app.srcdir) / "pyproject.toml").is_file():
        build_wheel(Path(app.srcdir), folder)


def pack(folder: Path, archive: Path) -> None:
    """An archive of the notebooks in a folder, equal for equal content."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.glob("*.ipynb")):
            entry = zipfile.ZipInfo(file.name)  # no time of today
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes())


def build_wheel(project: Path, folder: Path) -> None:
    """The package as a wheel, for readers whom no index can give it."""
    list(WheelBuilder(str(project)).build(directory=str(folder)))
