"""``wonbooks …``: the commands, and the processes they start."""

import os

# Prefect reports its first use to its makers unless this is set before it is imported.
os.environ.setdefault("DO_NOT_TRACK", "1")
