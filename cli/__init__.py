"""``wonbooks …``: the commands, and the processes they start."""
