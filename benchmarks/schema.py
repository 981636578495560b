"""What the schemas cost: reading them, and judging the 2,000 mutants.

usage: schema.py [-n ROUNDS]

Prints CPU times, each the least of the rounds: of one kind read from its file and projected
on a version, and of the mutants of ../shared/oracle (needs that folder), which are parsed
beforehand. `none` is without a version, where what only some versions refuse is held back.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import process_time

from esolint.data import schemas_dir
from esolint.schema import Version, check, open_folder
from esolint.source import read_text
from esolint.value import Value, mapping

ORACLE = Path(__file__).resolve().parents[2] / "shared" / "oracle" / "mutants.jsonl"


def least(rounds: int, step: Callable[[], object]) -> float:
    """Return the least CPU time of a step in milliseconds."""
    times = []
    for _ in range(rounds):
        start = process_time()
        step()
        times.append(process_time() - start)
    return 1000 * min(times)


def mutants() -> list[tuple[Value, str, str]]:
    """Return (object, apiVersion, kind) of every mutant that has an apiVersion and a kind."""
    found: list[tuple[Value, str, str]] = []
    for line in ORACLE.read_text(encoding="utf-8").splitlines():
        documents, _ = read_text(json.loads(line)["manifest"], "x.yaml", literal=True)
        for document in documents:
            value = mapping(document.value)
            api_version, kind = value.get("apiVersion"), value.get("kind")
            if isinstance(api_version, str) and isinstance(kind, str):
                found.append((value, api_version, kind))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=5, metavar="ROUNDS", dest="rounds")
    rounds: int = parser.parse_args().rounds

    print(f"index: {least(rounds, lambda: open_folder(schemas_dir())):.2f} ms")
    objects = mutants() if ORACLE.exists() else []
    examples = {kind: (value, api) for value, api, kind in objects if not check(value, api, kind)}
    for kind in ("ExternalSecret", "ClusterSecretStore"):
        value, api_version = examples.get(kind, ({}, "external-secrets.io/v1"))

        def first(kind: str = kind, value: Value = value, api_version: str = api_version) -> None:
            catalog = open_folder(schemas_dir())
            check(value, api_version, kind, eso_version=Version(2, 9), catalog=catalog)

        print(f"first {kind}, index and rules included: {least(rounds, first):.2f} ms")
    for version in (Version(2, 9), Version(0, 16), None):

        def judge(version: Version | None = version) -> None:
            for value, api_version, kind in objects:
                check(value, api_version, kind, eso_version=version)

        print(f"{len(objects)} mutants, version {version or 'none'}: {least(rounds, judge):.0f} ms")


if __name__ == "__main__":
    main()
