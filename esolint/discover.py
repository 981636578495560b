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

_GITIGNORE_BYTES = 1_000_000

Ignored = Callable[[str, bool], bool | None]


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
    """Return a path as reports write it: relative to the working directory, with `/`.

    Bytes that are no UTF-8 are written as escapes.
    """
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        relative = path
    return _printable(relative.replace(os.sep, "/"))


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


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
        # A link that leads nowhere has no other name than its own.
        real = os.path.realpath(path) if os.path.exists(path) else os.path.abspath(path)
        is_folder = os.path.isdir(real)
        if force_exclude and excluded(real, is_folder):
            continue
        if is_folder:
            folders.append(real)
        else:
            named.add(real)

    found = set(_walk(root, root, excluded, skipped))
    reported = set(named)
    for folder in folders:
        part = {path for path in found if _inside(path, folder)}
        if not part and folder != root:
            # Outside the context, or left out of it: who names a folder wants it read.
            top = root if _inside(folder, root) else folder
            part = set(_walk(folder, top, excluded, skipped))
        reported |= part
        found |= part
    files = sorted(found | named)
    # A link that is named is read as a file, whatever the walk said of it.
    names = {shown(path) for path in named}
    left = {skip for skip in skipped if skip.path not in names}
    return Discovered(
        tuple(File(path, shown(path), path in reported) for path in files),
        tuple(sorted(left, key=lambda skip: (skip.path, skip.detail))),
    )


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _walk(folder: str, top: str, excluded: Ignored, skipped: list[Skip]) -> Iterator[str]:
    """Yield the files below a folder that can hold manifests. No link is followed out of `top`."""
    # What leaves out the folder itself does not count inside.
    ignores = [ignored for ignored in _gitignores_above(folder) if not ignored(folder, True)]
    if excluded(folder, True):
        excluded = matcher((), folder)
    stack = [(folder, ignores)]
    while stack:
        here, ignores = stack.pop()
        try:
            with os.scandir(here) as entries:
                listing = sorted(entries, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            why = error.strerror or "cannot be listed"
            skipped.append(Skip(shown(here), None, "unreadable", why))
            continue
        ignores = [*_gitignore(here), *ignores]
        for entry in listing:
            is_folder = entry.is_dir(follow_symlinks=False)
            is_link = entry.is_symlink()
            wanted = entry.name not in _NEVER if is_folder else _can_hold_manifests(entry.name)
            if not wanted and not is_link:
                continue
            if excluded(entry.path, is_folder) or _is_ignored(entry.path, is_folder, ignores):
                continue
            if is_folder:
                stack.append((entry.path, ignores))
            elif is_link:
                yield from _behind(entry.path, top, skipped)
            else:
                yield entry.path


def _behind(link: str, top: str, skipped: list[Skip]) -> Iterator[str]:
    """Yield the file that a link leads to; what is behind one to a folder is found without it."""
    target = os.path.realpath(link)
    is_folder = os.path.isdir(target)
    if not is_folder and not _can_hold_manifests(os.path.basename(link)):
        return
    if not os.path.exists(target):
        skipped.append(Skip(shown(link), None, "symlink", "a link that leads nowhere"))
    elif not _inside(target, top) or not _NEVER.isdisjoint(target[len(top) :].split(os.sep)):
        detail = "a link that leads out of the repository"
        skipped.append(Skip(shown(link), None, "symlink", detail))
    elif not is_folder:
        yield target


def _can_hold_manifests(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES) or name in _NAMES


def matcher(lines: Sequence[str], base: str) -> Ignored:
    """Return a test of (absolute path, is a folder) against gitignore patterns in `base`.

    It says True where the last pattern that fits leaves the path out, False where it brings
    it back (`!`), and None where none fits. A line that is no pattern fits nothing, as in git.
    """
    if not lines:
        return lambda path, is_folder: None
    # Only a run that has patterns pays for the library.
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except ValueError:
        spec = GitIgnoreSpec.from_lines(filter(_is_pattern, lines))
    prefix = base.rstrip(os.sep) + os.sep

    def matches(path: str, is_folder: bool) -> bool | None:
        if not path.startswith(prefix):
            return None
        relative = _printable(path[len(prefix) :]).replace(os.sep, "/")
        return spec.check_file(relative + "/" if is_folder else relative).include

    return matches


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _is_ignored(path: str, is_folder: bool, ignores: Sequence[Ignored]) -> bool:
    """Say whether ignore files leave a path out: the nearest one that speaks of it decides."""
    verdicts = (ignored(path, is_folder) for ignored in ignores)
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _gitignore(folder: str) -> list[Ignored]:
    """Return the ignore file of a folder, if it has one."""
    content = read_bytes(os.path.join(folder, ".gitignore"), _GITIGNORE_BYTES)
    if isinstance(content, str):
        return []
    text = content.decode("utf-8-sig", "replace")
    return [matcher([line.rstrip("\r") for line in text.split("\n")], folder)]


def _gitignores_above(folder: str) -> list[Ignored]:
    """Return the ignore files of the folders above, up to the repository's top, nearest first."""
    found: list[Ignored] = []
    top = context_root(folder)
    while folder != top:
        folder = os.path.dirname(folder)
        found.extend(_gitignore(folder))
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
