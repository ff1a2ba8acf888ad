"""A home folder that cannot be written is no reason for the build to fail.

Many containers have one. Matplotlib and IPython keep files there, and say on
standard error that they cannot, which the build takes for a warning of code.
Kernels inherit the environment of the build: it names another folder to them.
"""

import os
import tempfile
from pathlib import Path
from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx before any chapter runs."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.home() may fail)
    if not os.access(home, os.W_OK):
        for name in ("MPLCONFIGDIR", "IPYTHONDIR"):
            if name not in os.environ:
                os.environ[name] = tempfile.mkdtemp(prefix=f"{name.lower()}-")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
