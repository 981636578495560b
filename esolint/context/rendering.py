"""What a kustomization, a chart or an application yields, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from esolint.context.files import Files
from esolint.diagnostic import Span
from esolint.resource import Resource
from esolint.source import Document, Unread
from esolint.value import Route, Value

if TYPE_CHECKING:
    from esolint.context.kustomize.render import Renderer


class Problem(NamedTuple):
    """Why something cannot be rendered as it is written, and where.

    `document` is None where a file holds none at all.
    """

    path: str
    document: Document | None
    route: Route
    detail: str
    place: Span | None = None

    @property
    def span(self) -> Span | None:
        return self.document.span(self.route) if self.document else self.place

    def unread(self) -> Unread:
        """Return it as an input that could not be read in full."""
        return Unread(self.path, self.span, "kustomization", self.detail)


class Rendering(NamedTuple):
    """What one kustomization, chart, folder or application yields.

    `root` is its folder, `unknown` why there may be objects beside `resources`, `problems`
    what is refused, and `files` the paths of all files that were read for it. Only the
    objects of wanted kinds (see `Files`) are among the resources. `by` is the object of Flux
    or Argo CD that asks for it, `cluster` the cluster that it names, "" where that is the
    one on which `by` lives.
    """

    root: str
    resources: tuple[Resource, ...]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]
    files: frozenset[str]
    name: str = ""
    by: Resource | None = None
    cluster: str = ""


class Overlay(NamedTuple):
    """The fields that an object of Flux or Argo CD adds to the kustomization of a folder.

    `routes` says where in `by` each field stands; a parent may have patched it there.
    """

    by: Resource
    fields: Mapping[str, Value]
    routes: Mapping[str, Route]


class World(NamedTuple):
    """What objects of Flux and Argo CD are read against.

    `root` is the folder that their paths are relative to. `find` returns the objects that a
    kind, a name and a namespace may mean, on the same cluster where that is known.
    """

    files: Files
    renderer: Renderer
    root: str
    find: Callable[[str, str, str | None], tuple[Resource, ...]]
