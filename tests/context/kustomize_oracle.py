"""What kubectl renders, and how a static reading compares with it."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from esolint.context.kustomize import FILE_NAMES
from esolint.context.rendering import Rendering
from esolint.resource import Resource
from esolint.source import Document, Limits, Unread, parse, split
from esolint.value import Route, Value, at, exists, format_route

CORE = ("Namespace", "Secret", "ConfigMap", "ServiceAccount")
GROUPS = ("external-secrets.io", "generators.external-secrets.io")
_OF_INTEREST = re.compile(rf"^kind: (?:{'|'.join(CORE)})$|external-secrets\.io", re.MULTILINE)

# Offline: what lies elsewhere fails at once.
OFFLINE = {
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}


class FolderTree:
    """The files below a folder of the disk."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)

    def real(self, path: str) -> str | None:
        try:
            real = os.path.realpath(os.path.join(self._root, path), strict=True)
        except OSError:
            return None
        if real == self._root:
            return "."
        if not real.startswith(self._root + os.sep):
            return None
        return real[len(self._root) + 1 :]

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(os.path.join(self._root, path))

    def listing(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(os.listdir(os.path.join(self._root, folder))))

    def read(self, path: str) -> bytes | str:
        try:
            with open(os.path.join(self._root, path), "rb") as file:
                return file.read()
        except OSError as error:
            return error.strerror or "unreadable"


class MemoryTree:
    """Files that stand nowhere; `reads` counts how often each was asked for."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = {
            path: text.encode("utf-8", "surrogateescape") for path, text in files.items()
        }
        self._folders = {"."}
        for path in files:
            steps = path.split("/")
            self._folders.update("/".join(steps[:n]) for n in range(1, len(steps)))
        self.reads: Counter[str] = Counter()

    def real(self, path: str) -> str | None:
        return path if path in self._files or path in self._folders else None

    def is_folder(self, path: str) -> bool:
        return path in self._folders

    def listing(self, folder: str) -> tuple[str, ...]:
        above = "" if folder == "." else folder + "/"
        inside = (p[len(above) :] for p in self._files if p.startswith(above))
        return tuple(sorted({path.split("/")[0] for path in inside}))

    def read(self, path: str) -> bytes | str:
        self.reads[path] += 1
        return self._files[path]


def folders(root: Path) -> list[str]:
    """Return the folders below `root` that hold a kustomization, sorted."""
    found = set()
    for here, _, names in os.walk(root):
        if any(name in FILE_NAMES for name in names):
            found.add(os.path.relpath(here, root).replace(os.sep, "/"))
    return sorted(found)


def kubectl(folder: Path) -> str | None:
    """Return what kubectl renders of a folder, None where it refuses."""
    run = subprocess.run(
        ["kubectl", "kustomize", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, **OFFLINE},
    )
    return run.stdout if run.returncode == 0 else None


class Claims(NamedTuple):
    """How a reading compares: objects and scalars that kubectl shows, and how many are claimed.

    `wrong` holds a sentence for each claim that kubectl contradicts.
    """

    objects: int
    whole_objects: int
    scalars: int
    claimed_scalars: int
    wrong: tuple[str, ...]


def is_compared(resource: Resource) -> bool:
    return resource.group in GROUPS or (resource.kind in CORE and not resource.group)


def rendered(text: str, *, everything: bool = False) -> list[Resource]:
    """Return the objects of kubectl's output that are compared."""
    found = []
    pieces = split("rendered.yaml", text, Limits())
    assert not isinstance(pieces, Unread)
    for piece in pieces:
        if everything or _OF_INTEREST.search(piece.text):
            for document in parse(piece, Limits(), literal=True):
                assert isinstance(document, Document), document
                assert isinstance(document.value, dict)
                resource = Resource(document.value, document)
                if everything or is_compared(resource):
                    found.append(resource)
    return found


def compare(rendering: Rendering, text: str, *, everything: bool = False) -> Claims:
    """Compare what is claimed of a kustomization with what kubectl renders.

    `everything` compares objects of all kinds.
    """
    truth = rendered(text, everything=everything)
    compared = [r for r in rendering.resources if everything or is_compared(r)]
    claimed = [r for r in compared if not _holds(r, ())]
    wrong: list[str] = []
    whole = scalars = known = 0
    used: set[int] = set()
    for real in truth:
        total = sum(1 for _ in _scalars(real.value))
        scalars += total
        candidates = [r for r in claimed if id(r) not in used and _fits(r, real)]
        if not candidates:
            if not rendering.unknown and len(claimed) == len(compared):
                wrong.append(f"{rendering.root}: {_name(real)} is not there")
            continue
        match = candidates[0]
        used.add(id(match))
        wrong.extend(
            f"{rendering.root}: {_name(real)} {line}" for line in _differences(match, real.value)
        )
        unknown = sum(1 for route in _scalars(real.value) if _holds(match, route))
        known += total - unknown
        whole += not match.holes
    for resource in claimed:
        if id(resource) not in used:
            wrong.append(f"{rendering.root}: {_name(resource)} is claimed and is not there")
    return Claims(len(truth), whole, scalars, known, tuple(wrong))


def _name(resource: Resource) -> str:
    return f"{resource.kind} {resource.namespace}/{resource.name}"


def _holds(resource: Resource, route: Route) -> bool:
    return any(route[:n] in resource.holes for n in range(len(route) + 1))


def _fits(claim: Resource, real: Resource) -> bool:
    if claim.api_version != real.api_version or claim.kind != real.kind:
        return False
    for route in (("metadata", "name"), ("metadata", "namespace")):
        if not _holds(claim, route) and at(claim.value, route) != at(real.value, route):
            return False
    name = ("metadata", "name")
    return not _holds(claim, name) or real.name.startswith(claim.name)


def _scalars(value: Value) -> Iterator[Route]:
    stack: list[tuple[Value, Route]] = [(value, ())]
    while stack:
        here, route = stack.pop()
        if isinstance(here, dict) and here:
            stack.extend((inner, (*route, key)) for key, inner in here.items())
        elif isinstance(here, list) and here:
            stack.extend((inner, (*route, i)) for i, inner in enumerate(here))
        else:
            yield route


def _differences(claim: Resource, real: Value) -> Iterator[str]:
    for route in _scalars(claim.value):
        if not _holds(claim, route) and not _partly(claim, route):
            if not exists(real, route):
                yield f"{format_route(route)} is not there"
            elif not _equal(at(claim.value, route), at(real, route)):
                yield f"{format_route(route)} is another"
    for route in _scalars(real):
        if not _holds(claim, route) and not exists(claim.value, route):
            yield f"{format_route(route)} is missing"


def _partly(claim: Resource, route: Route) -> bool:
    return any(hole[: len(route)] == route for hole in claim.holes)


def _equal(ours: Value, theirs: Value) -> bool:
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)
