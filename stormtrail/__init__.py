"""The front door: command line, settings, the error tree, what goes to stdout and stderr."""

import os

# numpy's OpenBLAS starts a thread a core when it is imported; no matrix here is worth them, and
# they cost a verb a fifth of a second. A user's own setting wins.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
