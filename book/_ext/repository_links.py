"""Sphinx extension: links to the repository and to Colab.

The address is taken from the environment of GitHub's CI, or else from the
remote "origin" of the checkout. Without either, or with a host that is not
GitHub, the book has no such buttons.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

GITHUB = re.compile(
    r"^(?:https://(?:[^@/]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])([\w.-]+/[\w.-]+?)(?:\.git)?/?$"
)


def git(folder: Path, *arguments: str) -> str:
    """What a git command prints; nothing without git or a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def find_repository(
    environment: Mapping[str, str], folder: Path
) -> tuple[str, str] | None:
    """Address and commit of the book's source, or None if not known."""
    server, name = (
        environment.get("GITHUB_SERVER_URL"),
        environment.get("GITHUB_REPOSITORY"),
    )
    address = (
        f"{server}/{name}"
        if server and name
        else git(folder, "remote", "get-url", "origin")
    )
    commit = environment.get("GITHUB_SHA") or git(folder, "rev-parse", "HEAD")
    match = GITHUB.match(address)
    return (
        (f"https://github.com/{match[1]}", commit)
        if match and commit
        else None
    )


def add_links(app: Sphinx, config: Config) -> None:
    """Fill in the theme's options for links."""
    found = find_repository(os.environ, Path(app.srcdir))
    if found:
        address, commit = found
        config.html_theme_options |= {
            "repository_url": address,
            "repository_branch": commit,  # the very source of these pages
            "use_repository_button": True,
            "use_issues_button": True,
            "launch_buttons": {
                "colab_url": "https://colab.research.google.com"
            },
        }


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when the configuration is read."""
    app.connect("config-inited", add_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
