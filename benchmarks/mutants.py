"""What one run over the 2,000 recorded mutants costs: CPU time, the process from start to end.

usage: mutants.py [-n RUNS] [MUTANTS]      (default: ../shared/oracle/mutants.jsonl)

Each manifest is written to a file of its own, as a repository holds them, and esolint
checks the folder for ESO 2.9. The target is two seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
CHECK = "check . --isolated --literal --eso-version 2.9 --context-root . --output-format json"


def children() -> float:
    """Return the CPU seconds of the processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, metavar="RUNS")
    default = ROOT.parent / "shared" / "oracle" / "mutants.jsonl"
    parser.add_argument("mutants", nargs="?", type=Path, default=default)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        for line in given.mutants.read_text(encoding="utf-8").splitlines():
            mutant = json.loads(line)
            Path(folder, f"{mutant['id']}.yaml").write_text(mutant["manifest"], encoding="utf-8")
        times = []
        for _ in range(given.n):
            before = children()
            command = [sys.executable, "-m", "esolint", *CHECK.split()]
            subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL)
            times.append(children() - before)
        count = len(list(Path(folder).iterdir()))
    print(f"{count} manifests: {median(times):.2f} s of CPU (median of {given.n} runs)")


if __name__ == "__main__":
    main()
