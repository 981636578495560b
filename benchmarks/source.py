"""What reading a tree costs beside libyaml alone: the ratio to parsing it into raw events.

usage: source.py [-n ROUNDS] [TREE]      (default: ../shared/corpus)

Times are CPU time of this process, files read before. A ratio is the median of the
ratios of the rounds, so that a machine which slows down half-way slows all.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

from yaml._yaml import CParser
from yaml.error import YAMLError

from esolint.discover import discover, read_bytes
from esolint.repository import Input, read
from esolint.source import Document, Limits, decode, read_text

ROOT = Path(__file__).resolve().parents[1]


def raw_parse(inputs: list[Input]) -> None:
    """Let libyaml produce its events, and make no Python object of them."""
    for source in inputs:
        with suppress(YAMLError):
            CParser(source.content).raw_parse()


def documents(inputs: list[Input]) -> Iterator[Document]:
    """Build every document, and no resource."""
    for source in inputs:
        assert isinstance(source.content, bytes)
        text = decode(source.path, source.content, Limits())
        if isinstance(text, str):
            found, _ = read_text(text, source.path)
            yield from found


def without_places(inputs: list[Input]) -> None:
    for _ in documents(inputs):
        pass


def with_places(inputs: list[Input]) -> None:
    """Build every document, and replay it for its places."""
    for document in documents(inputs):
        document.span(())


def cpu_seconds(call: Callable[[list[Input]], object], inputs: list[Input]) -> float:
    start = time.process_time()
    call(inputs)
    return time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", nargs="?", type=Path, default=ROOT.parent / "shared/corpus")
    parser.add_argument("-n", "--rounds", type=int, default=5)
    options = parser.parse_args()

    found = discover([str(options.tree)], str(options.tree))
    limit = Limits().file_bytes
    inputs = [Input(file.shown, read_bytes(file.path, limit)) for file in found.files]
    inputs = [source for source in inputs if isinstance(source.content, bytes)]
    size = sum(len(source.content) for source in inputs)
    steps: dict[str, Callable[[list[Input]], object]] = {
        "libyaml, raw events": raw_parse,
        "repository.read": read,
        "repository.read, everything": lambda inputs: read(inputs, everything=True),
        "documents alone": without_places,
        "documents and their places": with_places,
    }
    rounds = [
        {name: cpu_seconds(call, inputs) for name, call in steps.items()}
        for _ in range(options.rounds)
    ]

    print(f"{len(inputs)} files, {size / 1e6:.1f} MB, {options.rounds} rounds, CPU time, medians")
    base = next(iter(steps))
    for name in steps:
        milliseconds = 1000 * median(r[name] for r in rounds)
        ratio = median(r[name] / r[base] for r in rounds)
        print(f"{name:30}{milliseconds:9.0f} ms{ratio:7.2f} ×")
    return 0


if __name__ == "__main__":
    sys.exit(main())
