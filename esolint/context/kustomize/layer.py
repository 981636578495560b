"""One kustomization as it is applied: its fields, its folder, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.context.files import Files, below, join
from esolint.context.kustomize.fields import Config
from esolint.context.rendering import Problem
from esolint.source import Document, Unread
from esolint.value import Route, Value, mapping, sequence


class Layer:
    """A kustomization that is being applied.

    `problems` are what kustomize refuses here, `unknown` why the list of objects may be
    incomplete, `read` the real paths of the files that were looked at.
    """

    def __init__(self, folder: str, document: Document, files: Files) -> None:
        self.folder = folder
        self.document = document
        self.files = files
        self.fields: dict[str, Value] = mapping(document.value)
        self.config = Config()
        self.problems: list[Problem] = []
        self.unknown: list[str] = []
        self.read: set[str] = {document.path}

    @property
    def is_component(self) -> bool:
        return self.fields.get("kind") == "Component"

    def entries(self, field: str) -> Iterator[tuple[Route, Value]]:
        """Yield the items of a list field with their routes."""
        value = self.fields.get(field)
        if value is not None and not isinstance(value, list):
            self.refuse((field,), f"`{field}` is not a list")
        for i, entry in enumerate(sequence(value)):
            yield (field, i), entry

    def scalar(self, field: str) -> str:
        """Return a field that holds a name; empty where it is absent."""
        value = self.fields.get(field)
        if isinstance(value, dict | list):
            self.refuse((field,), f"`{field}` is not a string")
            return ""
        return "" if value is None else str(value)

    def refuse(self, route: Route, detail: str) -> None:
        """Note that kustomize refuses what stands at a route of the kustomization."""
        self.problems.append(Problem(self.document.path, self.document, route, detail))

    def refuse_unread(self, unread: Unread) -> None:
        """Note that a file that was named could not be read."""
        self.problems.append(Problem(unread.path, None, (), unread.detail, unread.span))

    def file(self, written: str, route: Route) -> str | None:
        """Return the real path of a file that this kustomization names, None with a problem.

        kustomize reads no file outside the folder of the kustomization that names it.
        """
        path = self.files.real(join(self.folder, written))
        if path is None or self.files.is_folder(path):
            self.refuse(route, f"{written} is not a file here")
            return None
        if not below(path, self.folder):
            self.refuse(route, f"{written} lies outside the folder of this kustomization")
            return None
        self.read.add(path)
        return path
