"""What one check costs before it checks: CPU time beside that of `python -c pass`.

usage: startup.py [-n ROUNDS] [--target RATIO] [--wheel FILE]

Builds the wheel, installs it with its dependencies into an environment of its own, and
runs `python -c pass`, `esolint --version` and a check of one file in turn. The times are
user and system time of the process; a ratio is the median of the ratios of the rounds, so
that a machine which slows down half-way slows both. Exit 1 where the check is above the
target (8).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]

MANIFEST = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: token
  namespace: shop
spec:
  refreshInterval: 1h
  secretStoreRef:
    name: vault
    kind: SecretStore
  target:
    name: token
  data:
    - secretKey: token
      remoteRef:
        key: shop/token
"""


def install(folder: Path, wheel: Path | None) -> Path:
    """Install the wheel, or one built from this tree, into `folder`; return its Python."""
    if wheel is None:
        build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT]
        subprocess.run(build, check=True)
        (wheel,) = folder.glob("*.whl")
    home = folder / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    # Compiled as pip does by default: the first run of a user does not pay for it.
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--compile", wheel]
    subprocess.run(pip, check=True)
    return python


def seconds(command: Sequence[str | Path], folder: Path) -> float:
    """Run `command` in `folder` and return the CPU time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", "--rounds", type=int, default=25)
    parser.add_argument("--target", type=float, default=8.0)
    parser.add_argument("--wheel", type=Path, help="measure this wheel instead of a new one")
    options = parser.parse_args()

    with TemporaryDirectory(prefix="esolint-startup-") as scratch:
        folder = Path(scratch)
        python = install(folder, options.wheel and options.wheel.resolve())
        esolint = python.with_name("esolint")
        work = folder / "work"
        work.mkdir()
        work.joinpath("manifest.yaml").write_text(MANIFEST, encoding="utf-8")
        commands: dict[str, list[str | Path]] = {
            "python -c pass": [python, "-c", "pass"],
            "esolint --version": [esolint, "--version"],
            "esolint check manifest.yaml": [esolint, "check", "manifest.yaml"],
        }
        for command in commands.values():
            seconds(command, work)  # the files are in the page cache from here on
        rounds = [
            {name: seconds(command, work) for name, command in commands.items()}
            for _ in range(options.rounds)
        ]

    base = "python -c pass"
    ratios = {name: median(r[name] / r[base] for r in rounds) for name in commands}
    version = sys.version.split()[0]
    print(f"Python {version}, {os.cpu_count()} cores, {options.rounds} rounds, CPU time, medians")
    for name in commands:
        milliseconds = 1000 * median(r[name] for r in rounds)
        print(f"{name:30}{milliseconds:8.1f} ms{ratios[name]:7.2f} ×")
    check = ratios["esolint check manifest.yaml"]
    print(f"target: {options.target:.1f} ×, {'met' if check <= options.target else 'MISSED'}")
    return 0 if check <= options.target else 1


if __name__ == "__main__":
    sys.exit(main())
