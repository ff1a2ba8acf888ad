"""Sphinx extension: {ref}`explorer-vgg16` leads to a net of the explorer."""

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from cs231n_arch.explorer.names import NAMES

PAGE = "explorer"


def name_nets(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Make each net a label, at the address that loads this net."""
    std = env.get_domain("std")
    for page in env.found_docs:
        if page.rpartition("/")[2] != PAGE:
            continue
        for name, title in (
            net for nets in NAMES.values() for net in nets.items()
        ):
            label = f"{PAGE}-{name}"
            std.labels[label] = (page, name, f"the explorer with {title}")
            std.anonlabels[label] = (page, name)
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Name the nets once all pages are read, before a link is resolved."""
    app.connect("env-updated", name_nets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
