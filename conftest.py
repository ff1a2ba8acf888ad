"""Tests that run side by side share the processor instead of fighting for it."""

import os

_workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT")
if _workers:  # not in the process that starts the workers, as they would inherit what it takes for itself
    # Read by PyTorch when it is first imported, here and in the kernels that run the chapters.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(_workers))))
