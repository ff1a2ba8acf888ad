"""`python -m cs231n_arch` is the command `cs231n-arch`."""

import sys

from cs231n_arch.cli import main

sys.exit(main())
