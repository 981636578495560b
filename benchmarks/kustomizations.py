"""How the time of a check grows with the tree: CPU time for ever more kustomizations.

usage: kustomizations.py [SIZE …] [--only NAME]

Writes trees of SIZE (default 250, 500, 1,000 and 2,000) kustomizations, each with an
ExternalSecret and a workload that reads its Secret, and checks them:

- overlays: a base for each nine overlays, which rename and patch it
- tenants: one base for all, which they take over as it is, each into its namespace
- flux: one cluster with a Flux Kustomization for each
- argo: an Argo CD Application for each, for one cluster
- clusters: an Argo CD Application for each, every twenty for a cluster of their own
- plain: no kustomization; ten ExternalSecrets a folder, two and a half times SIZE in all

Prints user and system time and its ratio to the size before; 2.0 is linear where the size
doubles. Below a few hundred, what every run costs hides the growth.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: "https://vault.example", path: kv, auth: {
  kubernetes: {mountPath: kubernetes, role: shop}}}}}
"""
SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: NAME}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  target: {name: NAME}
  data:
  - {secretKey: user, remoteRef: {key: NAME, property: user}}
  - {secretKey: password, remoteRef: {key: NAME, property: password}}
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec: {template: {spec: {containers: [{name: main, envFrom: [{secretRef: {name: NAME}}]}]}}}
"""
LISTED = "resources: [secret.yaml, workload.yaml]\n"
SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME, namespace: flux-system}
spec: {path: PATH, prune: true, interval: 1h, targetNamespace: NAME,
  sourceRef: {kind: GitRepository, name: flux-system}}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME, namespace: argocd}
spec:
  project: default
  source: {repoURL: "https://git.example/all.git", path: PATH, targetRevision: main}
  destination: {name: CLUSTER, namespace: NAME}
"""

Files = Iterator[tuple[str, str]]


def app(folder: str, name: str) -> Files:
    yield f"{folder}/kustomization.yaml", LISTED
    yield f"{folder}/secret.yaml", SECRET.replace("NAME", name)
    yield f"{folder}/workload.yaml", WORKLOAD.replace("NAME", name)


def store(folder: str) -> Files:
    yield f"{folder}/kustomization.yaml", "resources: [store.yaml]\n"
    yield f"{folder}/store.yaml", STORE


def overlays(size: int) -> Files:
    yield from store("stores")
    for n in range(size):
        base = n - n % 10
        if n == base:
            yield from app(f"bases/b{base}", f"b{base}")
            continue
        yield (
            f"apps/a{n}/kustomization.yaml",
            f"resources: [../../bases/b{base}]\nnamespace: n{n}\nnamePrefix: a{n}-\npatches:\n"
            "- target: {kind: ExternalSecret}\n"
            f"  patch: '[{{op: replace, path: /spec/data/0/remoteRef/key, value: k{n}}}]'\n",
        )


def tenants(size: int) -> Files:
    yield from store("stores")
    yield from app("base", "app")
    for n in range(size - 1):
        yield f"apps/a{n}/kustomization.yaml", f"resources: [../../base]\nnamespace: n{n}\n"


def flux(size: int) -> Files:
    def sync(name: str, path: str) -> str:
        return SYNC.replace("NAME", name).replace("PATH", path)

    yield "clusters/main/flux-system.yaml", sync("flux-system", "./clusters/main")
    yield "clusters/main/stores.yaml", sync("stores", "./stores")
    yield from store("stores")
    for n in range(size):
        yield f"clusters/main/a{n}.yaml", sync(f"a{n}", f"./apps/a{n}")
        kustomization, *others = app(f"apps/a{n}", f"a{n}")
        # Of a folder without one, Flux makes a kustomization of all that is there.
        yield from [kustomization, *others] if n % 2 else others


def argo(size: int, each: int | None = None) -> Files:
    """An Application for each, `each` of them to a cluster; None: there is one."""

    def application(name: str, path: str, cluster: int) -> str:
        written = APPLICATION.replace("NAME", name).replace("PATH", path)
        return written.replace("CLUSTER", f"c{cluster}" if each else "in-cluster")

    yield from store("stores")
    for n in range(size):
        cluster = n // each if each else 0
        if n == 0 or (each and n % each == 0):
            yield f"argo/stores-{n}.yaml", application(f"stores-{n}", "stores", cluster)
        yield f"argo/a{n}.yaml", application(f"a{n}", f"apps/a{n}", cluster)
        yield from app(f"apps/a{n}", f"a{n}")


def plain(size: int) -> Files:
    yield "store.yaml", STORE
    for n in range(size * 5 // 2):
        yield f"apps/a{n // 10}/s{n}.yaml", SECRET.replace("NAME", f"s{n}")


TREES: dict[str, Callable[[int], Files]] = {
    "overlays": overlays,
    "tenants": tenants,
    "flux": flux,
    "argo": argo,
    "clusters": lambda size: argo(size, 20),
    "plain": plain,
}


def seconds(files: Files) -> float:
    """Write a tree, check it and return the CPU time that the check took."""
    with TemporaryDirectory(prefix="esolint-kustomizations-") as scratch:
        for path, content in files:
            file = Path(scratch, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "esolint", "check", "--isolated", "--context-root", "."]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        sys.exit(f"exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[250, 500, 1000, 2000])
    parser.add_argument("--only", choices=TREES, action="append")
    options = parser.parse_args()
    for name in options.only or TREES:
        last = None
        for size in options.sizes:
            taken = seconds(TREES[name](size))
            ratio = f"{taken / last:6.2f} ×" if last else ""
            print(f"{name:10}{size:6}{taken:8.2f} s{1000 * taken / size:8.2f} ms each{ratio}")
            last = taken


if __name__ == "__main__":
    main()
