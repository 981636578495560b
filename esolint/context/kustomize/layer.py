"""One kustomization as it is applied: its fields, its folder, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.context.files import Files, below, join
from esolint.context.kustomize.fields import Config
from esolint.context.rendering import Overlay, Problem
from esolint.resource import Origin
from esolint.source import Document, Unread
from esolint.value import Route, Value, at, mapping, sequence, walk


class Layer:
    """A kustomization that is being applied, with the fields that an overlay adds to it.

    Routes are those of the fields together: what an overlay adds to a list stands behind
    the kustomization's own items. `anywhere`: it may name files outside its folder.
    `problems` are what kustomize refuses here, `unknown` why the list of objects may be
    incomplete, `read` the real paths of the files that were looked at.
    """

    def __init__(
        self,
        folder: str,
        document: Document,
        files: Files,
        overlay: Overlay | None = None,
        *,
        anywhere: bool = False,
    ) -> None:
        self.folder = folder
        self.document = document
        self.files = files
        self.overlay = overlay
        self.anywhere = anywhere
        self.fields: dict[str, Value] = mapping(document.value)
        if overlay is not None:
            self.fields = dict(self.fields)
            for field, value in overlay.fields.items():
                self.fields[field] = _together(self.fields.get(field), value)
        self.config = Config()
        self.problems: list[Problem] = []
        self.unknown: list[str] = []
        self.read: set[str] = {document.path}

    @property
    def is_component(self) -> bool:
        return self.fields.get("kind") == "Component"

    def origin(self, route: Route) -> Origin:
        """Return the document in which a route of the fields stands, and the route there."""
        added = self._added(route)
        if added is not None and self.overlay is not None:
            return self.overlay.by.origin(added)
        return self.document, route

    def may_change(self, route: Route) -> bool:
        """Say whether an overlay has something at a route that only rendering it decides."""
        added = self._added(route)
        if added is None or self.overlay is None:
            return False
        by = self.overlay.by
        return any(by.unknown(inner) for inner, _ in walk(by.get(*added), added))

    def may_miss(self, route: Route) -> bool:
        """Say whether a component need not be there: Flux and Argo CD can leave it out."""
        lenient = self.overlay is not None and self.overlay.lenient
        return lenient and self._added(route) is not None

    def _added(self, route: Route) -> Route | None:
        """Return the route in the overlay's object, None where the kustomization's own stands."""
        if self.overlay is None or not route or route[0] not in self.overlay.routes:
            return None
        field, inside = str(route[0]), route[1:]
        start = self.overlay.routes[field]
        own, value = mapping(self.document.value).get(field), self.overlay.fields[field]
        if not isinstance(own, type(value)) or not isinstance(own, list | dict):
            return (*start, *inside)
        if isinstance(value, dict):
            return (*start, *inside) if inside and inside[0] in value else None
        if not inside or not isinstance(inside[0], int) or inside[0] < len(own):
            return None
        return (*start, inside[0] - len(own), *inside[1:])

    def inline(self, route: Route) -> tuple[Document, ...]:
        """Return the documents of a text among the fields; none where it does not parse."""
        written = at(self.fields, route)
        return self.files.inline(*self.origin(route), written) if isinstance(written, str) else ()

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
        document, there = self.origin(route)
        self.problems.append(Problem(document.path, document, there, detail))

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
        if not (self.anywhere or below(path, self.folder)):
            self.refuse(route, f"{written} lies outside the folder of this kustomization")
            return None
        self.read.add(path)
        return path


def _together(own: Value, added: Value) -> Value:
    """Return what a field comes to: lists and mappings grow, anything else is replaced."""
    if isinstance(own, list) and isinstance(added, list):
        return [*own, *added]
    if isinstance(own, dict) and isinstance(added, dict):
        return {**own, **added}
    return added
