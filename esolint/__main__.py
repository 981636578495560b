"""`python -m esolint`, and the `esolint` command."""

from __future__ import annotations

import gc


def run() -> None:
    # A run builds values that live until it ends; looking for cycles among them only costs.
    gc.disable()

    from esolint.cli import main

    try:
        main()
    finally:
        # Python looks for cycles once more when it ends, disabled or not: not among these.
        gc.freeze()


if __name__ == "__main__":
    run()
