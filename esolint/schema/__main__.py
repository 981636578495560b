"""`python -m esolint.schema crd-schemas BUNDLE…` makes crd-schemas/ anew."""

from __future__ import annotations

import os.path
import sys

from esolint.schema.importer import CrdError, import_bundles


def main(folder: str, *bundles: str) -> None:
    try:
        files = import_bundles(bundles)
    except CrdError as error:
        sys.exit(f"{error.path}: {error}")
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
