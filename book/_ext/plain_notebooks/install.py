"""The first cell of a plain notebook, which installs the package."""

import os
from collections.abc import Mapping

from nbformat import NotebookNode, v4
from sphinx.application import Sphinx

from cs231n_arch import __version__

CELL = """\
# @title Install `cs231n_arch` if it is missing, and begin
import glob, importlib.util, subprocess, sys

if importlib.util.find_spec("cs231n_arch") is None:
    for source in {sources}:
        command = [sys.executable, "-m", "pip", "install", "-q", source]
        if subprocess.run(command, capture_output=True).returncode == 0:
            break
    else:
        raise RuntimeError(
            "cs231n_arch could not be installed. With a network, run this "
            "cell again; without one, first put the file cs231n_arch-*.whl "
            "from the book's folder `notebooks` beside this notebook."
        )
    importlib.invalidate_caches()"""


def wheel_name() -> str:
    """The file that the built book carries."""
    return f"cs231n_arch-{__version__}-py3-none-any.whl"


def pages_address(environment: Mapping[str, str]) -> str:
    """Where GitHub shows the pages of the repository that CI builds."""
    owner, _, name = environment.get("GITHUB_REPOSITORY", "").partition("/")
    if (
        not name
        or environment.get("GITHUB_SERVER_URL") != "https://github.com"
    ):
        return ""
    site = f"https://{owner.lower()}.github.io"
    return (
        site
        if name.lower() == f"{owner.lower()}.github.io"
        else f"{site}/{name}"
    )


def address_of_book(app: Sphinx) -> str:
    """Address of the built book without a final slash; "" where not known."""
    given = app.config.plain_notebooks_address or app.config.html_baseurl
    return (given or pages_address(os.environ)).rstrip("/")


def first_cell(app: Sphinx, name: str) -> NotebookNode:
    """The cell: it tries a wheel beside it, the index, book and source."""
    sources = [
        '*glob.glob("cs231n_arch-*.whl")',
        f'"cs231n-arch=={__version__}"',
    ]
    if book := address_of_book(app):
        sources.append(f'"{book}/notebooks/{wheel_name()}"')
    options = app.config.html_theme_options
    if repository := options.get("repository_url"):
        commit = options.get("repository_branch", "main")
        sources.append(f'"git+{repository}@{commit}"')
    listed = "[\n        " + ",\n        ".join(sources) + ",\n    ]"
    cell = v4.new_code_cell(CELL.replace("{sources}", listed))
    cell.metadata["cellView"] = "form"
    cell.metadata["jupyter"] = {"source_hidden": True}
    return cell
