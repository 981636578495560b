"""What a kustomization, a chart or an application yields, and what is wrong with it."""

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
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


class Eaten(NamedTuple):
    """A value in which Flux fills in a variable that nobody defines: nothing is in its place."""

    resource: Resource
    route: Route
    variable: str


class Rendering(NamedTuple):
    """What one kustomization, chart, folder or application yields.

    `root` is its folder, `unknown` why there may be objects beside `resources`, `problems`
    what is refused, and `files` the paths of all files that were read for it. Only the
    objects of wanted kinds (see `Files`) are among the resources. `by` is the object of Flux
    or Argo CD that asks for it, `cluster` the cluster that it names, "" where that is the
    one on which `by` lives, None where only rendering decides it. `eaten` are the values that
    its substitution leaves a gap in.
    """

    root: str
    resources: tuple[Resource, ...]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]
    files: frozenset[str]
    name: str = ""
    by: Resource | None = None
    cluster: str | None = ""
    eaten: tuple[Eaten, ...] = ()


class Overlay(NamedTuple):
    """The fields that an object of Flux or Argo CD adds to the kustomization of a folder.

    `routes` says where in `by` each field stands; a parent may have patched it there.
    `anywhere`: files outside the folder of a kustomization may be named; `lenient`: the
    components that it adds need not be there.
    """

    by: Resource
    fields: Mapping[str, Value]
    routes: Mapping[str, Route]
    anywhere: bool = False
    lenient: bool = False


class World(NamedTuple):
    """What objects of Flux and Argo CD are read against.

    `root` is the folder that their paths are relative to. `find` returns the objects that a
    kind, a name and a namespace may mean, on the same cluster where that is known.
    """

    files: Files
    renderer: "Renderer"
    root: str
    find: Callable[[str, str, str | None], tuple[Resource, ...]]


# The name of what holds together whatever no cluster claims.
REST = "repository"


class Cluster(NamedTuple):
    """Renderings that live together. `certain`: on one cluster, and nothing else is there.

    `is_rest`: what no cluster claims, which may live on any of them.
    """

    name: str
    because: str
    certain: bool
    renderings: tuple[Rendering, ...]
    is_rest: bool = False


class Deployed(NamedTuple):
    """Where the objects of a repository go.

    `undeployed` are the objects of files that stand beside a kustomization which does not
    list them. The last cluster is that of the rest, where there is any.
    """

    clusters: tuple[Cluster, ...]
    undeployed: tuple[Resource, ...]

    @property
    def files(self) -> frozenset[str]:
        """The paths of all files that some rendering reads."""
        return frozenset().union(*(r.files for c in self.clusters for r in c.renderings))


_EXAMPLES = r"(?i)(?:^|[-._/])(?:docs?|demos?|examples?|samples?|snippets?)(?:[-._/]|$)"


def is_example(folder: str) -> bool:
    """Say whether a folder, from the top of the repository, is called as what people copy from."""
    return re.search(_EXAMPLES, folder) is not None


def plain(resources: Sequence[Resource]) -> tuple[Rendering, ...]:
    """Return objects that are deployed as they stand: a rendering for each folder."""
    folders: dict[str, list[Resource]] = {}
    for resource in resources:
        folders.setdefault(posixpath.dirname(resource.document.path) or ".", []).append(resource)
    return tuple(
        Rendering(folder, tuple(own), (), (), frozenset(r.document.path for r in own))
        for folder, own in folders.items()
    )
