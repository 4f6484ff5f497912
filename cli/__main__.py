"""``python -m cli``, the same as ``wonbooks``."""

from __future__ import annotations

from cli.app import main

main()
