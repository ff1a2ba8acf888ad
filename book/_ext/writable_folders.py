"""A home folder that is missing or read-only is no reason to fail.

Many containers have one. Matplotlib and IPython keep files there, and say on
standard error that they cannot, which the build takes for a warning of code.
A user whom the system does not know, without `HOME`, has no home at all, and
Jupyter then starts no kernel. Kernels inherit the environment of the build,
which names another folder to them.
"""

import os
import tempfile
from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx before any chapter runs."""
    home = os.path.expanduser("~")  # noqa: PTH111  (Path.home() may fail)
    if home == "~":  # unknown user
        os.environ["HOME"] = tempfile.mkdtemp(prefix="home-")
    elif not os.access(home, os.W_OK):
        for name in ("MPLCONFIGDIR", "IPYTHONDIR"):
            if name not in os.environ:
                os.environ[name] = tempfile.mkdtemp(prefix=f"{name.lower()}-")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
