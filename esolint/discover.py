"""Paths → files: what belongs to the context, what is reported on, what was left and why."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from esolint.diagnostic import Skip
from esolint.nearest import nearest

# Template sources are read as well: a name that ends so may hold manifests.
_SUFFIXES = (".yaml", ".yml", ".json", ".tpl", ".tmpl", ".gotmpl", ".j2", ".jinja", ".jinja2")
_NAMES = frozenset({"Kustomization", "Chart.lock", "requirements.lock"})
_NEVER = frozenset({".git", ".hg", ".svn", "node_modules", ".terraform", ".venv", "__pycache__"})

Ignored = Callable[[str, bool], bool]


class File(NamedTuple):
    """A file of the context. `path` opens it, `shown` is its name in reports.

    `reported`: findings in it are wanted; the other files are context only.
    """

    path: str
    shown: str
    reported: bool


class Discovered(NamedTuple):
    """The files of a run in a stable order, and the inputs that were left out by name."""

    files: tuple[File, ...]
    skipped: tuple[Skip, ...]


class MissingPathError(Exception):
    """A path that does not exist; the text names it, and a neighbour that is spelt much like it."""

    def __init__(self, path: str) -> None:
        folder, name = os.path.split(path.rstrip("/" + os.sep))
        try:
            near = nearest(name, os.listdir(folder or "."))
        except OSError:
            near = None
        hint = f', did you mean "{os.path.join(folder, near)}"?' if near else ""
        super().__init__(f'the path "{path}" does not exist{hint}')


def context_root(path: str) -> str:
    """Return the nearest directory above `path` that holds `.git`, else the path's own."""
    start = os.path.abspath(path)
    start = start if os.path.isdir(start) else os.path.dirname(start)
    here = start
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return start
        here = above
    return here


def shown(path: str) -> str:
    """Return a path as reports write it: relative to the working directory, with `/`."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        relative = path
    return relative.replace(os.sep, "/")


def discover(
    paths: Sequence[str],
    root: str | None,
    exclude: Sequence[str] = (),
    *,
    force_exclude: bool = False,
) -> Discovered:
    """Find the files of the context below `root` (None: no files), and which to report on.

    `exclude` holds gitignore patterns relative to the root. They and `.gitignore` files
    leave out what is found by walking; a file that is named as a path is read all the
    same, unless `force_exclude`. Raises MissingPathError.
    """
    if root is None:
        return Discovered((), ())
    root = os.path.realpath(root)
    excluded = matcher(exclude, root)
    skipped: list[Skip] = []
    named: set[str] = set()
    folders: list[str] = []
    for path in paths:
        if not os.path.lexists(path):
            raise MissingPathError(path)
        real = os.path.realpath(path)
        if os.path.isdir(real):
            folders.append(real)
        elif not (force_exclude and excluded(real, False)):
            named.add(real)

    found = set(_walk(root, excluded, skipped))
    reported = set(named)
    for folder in folders:
        inside = folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)
        below = folder.rstrip(os.sep) + os.sep
        part = {p for p in found if p.startswith(below)} if inside else None
        if part is None or (not part and folder != root):
            # Outside the context, or ignored by it: who names a folder wants it read.
            part = set(_walk(folder, excluded, skipped))
        reported |= part
        found |= part
    files = sorted(found | named)
    return Discovered(tuple(File(p, shown(p), p in reported) for p in files), tuple(skipped))


def _walk(root: str, excluded: Ignored, skipped: list[Skip]) -> Iterator[str]:
    """Yield the files below a folder that can hold manifests. Links are never followed out."""
    stack: list[tuple[str, list[Ignored]]] = [(root, _gitignores_above(root))]
    while stack:
        folder, ignores = stack.pop()
        try:
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            why = error.strerror or "cannot be listed"
            skipped.append(Skip(shown(folder), None, "unreadable", why))
            continue
        here = _gitignore(folder)
        ignores = [*ignores, here] if here else ignores
        for entry in reversed(listing):
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name in _NEVER:
                continue
            if not is_folder and not _can_hold_manifests(entry.name):
                continue
            if excluded(entry.path, is_folder) or any(i(entry.path, is_folder) for i in ignores):
                continue
            if is_folder:
                stack.append((entry.path, ignores))
            elif entry.is_symlink():
                target = os.path.realpath(entry.path)
                if not target.startswith(root.rstrip(os.sep) + os.sep):
                    detail = "a link that leads out of the repository"
                    skipped.append(Skip(shown(entry.path), None, "symlink", detail))
                # A link to a file of the repository: that file is read at its own place.
            elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                yield entry.path


def _can_hold_manifests(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES) or name in _NAMES


def matcher(lines: Sequence[str], base: str) -> Ignored:
    """Return a test of (absolute path, is a folder) against gitignore patterns in `base`."""
    if not lines:
        return lambda path, is_folder: False
    # Only a run that has patterns pays for the library.
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(lines)

    def matches(path: str, is_folder: bool) -> bool:
        relative = os.path.relpath(path, base).replace(os.sep, "/")
        if relative.startswith(".."):
            return False
        return bool(spec.match_file(relative + "/" if is_folder else relative))

    return matches


def _gitignore(folder: str) -> Ignored | None:
    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
            return matcher(file.read().splitlines(), folder)
    except OSError:
        return None


def _gitignores_above(root: str) -> list[Ignored]:
    """Return the ignore files of the folders between the repository's top and `root`."""
    found: list[Ignored] = []
    top = context_root(root)
    here = root
    while here != top:
        here = os.path.dirname(here)
        ignored = _gitignore(here)
        if ignored:
            found.insert(0, ignored)
    return found


def read_bytes(path: str, limit: int) -> bytes | str:
    """Return a file's bytes, at most one more than `limit`, or the reason why it cannot be read."""
    try:
        # Asked before it is opened: opening a pipe waits for a writer.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "not a regular file"
        with open(path, "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        return error.strerror or "cannot be read"
