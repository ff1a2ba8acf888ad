"""Tests, and the kernels that run the chapters, compute with one thread each, side by side or alone."""

from cs231n_arch.threads import share_the_processor

share_the_processor(one_thread=True)
