"""``python -m desk.hooks``: the receiver of webhooks as a process of its own."""

from __future__ import annotations

import argparse
import logging

from desk.hooks.serving import receiver, server
from stages.settings import Settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m desk.hooks", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; a proxy with TLS stands in front")
    parser.add_argument("--port", type=int, default=4220)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings()
    app = receiver(settings, f"http://{options.host}:{options.port}")
    server(app, settings, options.host, options.port).run()


if __name__ == "__main__":
    main()
