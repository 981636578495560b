"""What reading kustomizations costs: CPU time beside kubectl's, and how it grows.

usage: kustomize.py [CORPUS] [--kubectl N] [--target RATIO]

Reads each kustomization below CORPUS (default ../shared/corpus) as its own rendering, in one
process, and runs `kubectl kustomize` on N of them (default 100, evenly spread; 0 for none).
The times are user and system time; kubectl's is scaled to all. Then reads a tree of 500,
1,000 and 2,000 kustomizations that was made up. Exit 1 where the reading takes more than the
target (0.05) of kubectl's time, or where four times the tree takes more than six times as
long.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "context"))

from kustomize_oracle import FolderTree, MemoryTree, folders, kubectl  # noqa: E402

from esolint.context.files import Files  # noqa: E402
from esolint.context.kustomize.render import Renderer  # noqa: E402


def read(corpus: Path, names: Sequence[str]) -> float:
    """Read all kustomizations and return the CPU time that it took."""
    start = time.process_time()
    renderers: dict[str, Renderer] = {}
    for name in names:
        repository, _, folder = name.partition("/")
        if repository not in renderers:
            renderers[repository] = Renderer(Files(FolderTree(corpus / repository)))
        renderers[repository].render(folder or ".")
    return time.process_time() - start


def rendered(corpus: Path, names: Sequence[str]) -> float:
    """Return the CPU time that kubectl takes for `names`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name in names:
        kubectl(corpus / name)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def made_up(count: int) -> dict[str, str]:
    """Return a tree: a base for each ten applications, which patch it, and one cluster."""
    files = {}
    apps = [f"apps/a{n}" for n in range(count - count // 10 - 1)]
    for n in range(count // 10):
        files[f"bases/b{n}/kustomization.yaml"] = "resources: [es.yaml]\nnamePrefix: b-\n"
        files[f"bases/b{n}/es.yaml"] = (
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: es}\n"
            "spec: {secretStoreRef: {name: vault}, data: [{secretKey: a, remoteRef: {key: b}}]}\n"
        )
    for n, app in enumerate(apps):
        files[f"{app}/kustomization.yaml"] = (
            f"resources: [../../bases/b{n % (count // 10)}]\nnamespace: n{n}\npatches:\n"
            "- target: {kind: ExternalSecret}\n"
            "  patch: '[{op: replace, path: /spec/secretStoreRef/name, value: v}]'\n"
            "secretGenerator: [{name: s, literals: [a=b]}]\n"
        )
    listed = "".join(f"- ../{app}\n" for app in apps)
    files["cluster/kustomization.yaml"] = f"resources:\n{listed}"
    return files


def growth() -> list[tuple[int, float]]:
    """Return the CPU time for the roots of ever larger trees."""
    found = []
    for count in (500, 1000, 2000):
        files = made_up(count)
        renderer = Renderer(Files(MemoryTree(files)))
        names = [path.rpartition("/")[0] for path in files if path.endswith("kustomization.yaml")]
        start = time.process_time()
        for name in renderer.roots(names):
            renderer.render(name)
        found.append((count, time.process_time() - start))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?", type=Path, default=ROOT.parent / "shared" / "corpus")
    parser.add_argument("--kubectl", type=int, default=100, metavar="N")
    parser.add_argument("--target", type=float, default=0.05)
    options = parser.parse_args()

    met = True
    names = folders(options.corpus)
    ours = read(options.corpus, names)
    print(f"{len(names)} kustomizations read in {ours:.2f} s")
    if options.kubectl and names:
        some = names[:: max(1, len(names) // options.kubectl)]
        theirs = rendered(options.corpus, some) / len(some) * len(names)
        met = ours <= options.target * theirs
        print(f"kubectl, {len(some)} of them, scaled: {theirs:.1f} s; ratio {ours / theirs:.4f}")
    times = growth()
    for count, seconds in times:
        print(f"a tree of {count:5}: {seconds:.2f} s, {1000 * seconds / count:.2f} ms each")
    met = met and times[-1][1] <= 6 * times[0][1]
    print(f"target: {options.target}, linear growth; {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
