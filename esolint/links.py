"""Who writes and who reads the Secrets and ConfigMaps of one environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from esolint.context.rendering import is_example
from esolint.model.namespaces import Namespaces, namespaces, selected
from esolint.resource import Resource, known_namespace

if TYPE_CHECKING:
    from esolint.context.rendering import Rendering
    from esolint.model.reader import Use
    from esolint.model.writer import Writer

_T = TypeVar("_T")
_Key = TypeVar("_Key")
# Namespace, None where it is not known → what is there, each with its place in the repository.
# Where each tenant has an object of one name, a namespace has few of them.
_Placed: TypeAlias = dict[str | None, list[tuple[int, _T]]]

# Words of file names that stand for one choice of several.
_CHOICE = (
    r"(?i)(?:^|[-._])(?:dev|development|test|testing|qa|uat|int|stag(?:e|ing)|(?:pre|non)?-?prod"
    r"|production|live|sandbox|local|old|new|backup|alt|v\d+)(?:[-._]|$)"
)


class Links:
    """Indexes of writers and readers.

    `here` are the objects of the environment; those `elsewhere` may be among them, so what
    they write is only possible. A ClusterExternalSecret has a writer in each namespace that
    it surely selects, and one, not sure, in any that it may select.
    """

    def __init__(self, here: Sequence[Resource], elsewhere: Sequence[Resource] = ()) -> None:
        self._here = here
        self._elsewhere = elsewhere

    @cached_property
    def namespaces(self) -> Namespaces:
        """The namespaces that have objects here, or elsewhere."""
        return namespaces((*self._here, *self._elsewhere))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """All references of this environment to objects by name."""
        # Their tables take time to load, here and below; who asks for namespaces needs none.
        from esolint.model.reader import uses

        return tuple(use for resource in self._here for use in uses(resource))

    @cached_property
    def writers(self) -> tuple[Writer, ...]:
        """All that makes or fills an object in this environment."""
        return tuple(self._written(self._here))

    def find(self, kind: str, name: str, namespace: str | None) -> Sequence[Resource]:
        """Return the objects that a kind, a name and a namespace (None: any) may mean."""
        return _meant(self._named.get((kind, name), {}), namespace)

    def writers_of(self, kind: str, name: str, namespace: str | None) -> list[Writer]:
        """Return what makes or fills an object, or may do so; None: in any namespace."""
        from esolint.model.writer import WELL_KNOWN

        if (kind, name) in WELL_KNOWN:
            return []
        named = _meant(self._by_name.get((kind, name), {}), namespace)
        patterns = _meant(self._patterns.get(kind, {}), namespace)
        return [*named, *(w for w in patterns if w.may_mean(kind, name, namespace))]

    def readers_of(self, kind: str, name: str, namespace: str | None) -> list[Use]:
        """Return the references that mean an object, or may."""
        return _meant(self._uses_by_name.get((kind, name), {}), namespace)

    @cached_property
    def _named(self) -> dict[tuple[str, str], _Placed[Resource]]:
        every = enumerate((*self._here, *self._elsewhere))
        return _indexed(((r.kind, r.name), known_namespace(r), (i, r)) for i, r in every)

    @cached_property
    def _all(self) -> tuple[Writer, ...]:
        elsewhere = _that_write(tuple(self._elsewhere))
        possible = (w._replace(sure=False) for w in self._written(elsewhere))
        return (*self.writers, *possible)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], _Placed[Writer]]:
        named = ((i, w) for i, w in enumerate(self._all) if "*" not in w.name)
        return _indexed(((w.kind, w.name), w.namespace, (i, w)) for i, w in named)

    @cached_property
    def _patterns(self) -> dict[str, _Placed[Writer]]:
        patterns = ((i, w) for i, w in enumerate(self._all) if "*" in w.name)
        return _indexed((w.kind, w.namespace, (i, w)) for i, w in patterns)

    @cached_property
    def _uses_by_name(self) -> dict[tuple[str, str], _Placed[Use]]:
        every = enumerate(self.uses)
        return _indexed(((u.kind, u.name), u.namespace, (i, u)) for i, u in every)

    def _written(self, resources: Iterable[Resource]) -> Iterator[Writer]:
        from esolint.model.writer import writers

        for resource in resources:
            # The values of a chart decide whether an object of its templates is there at all.
            sure = not resource.unknown(())
            for writer in writers(resource, self.find):
                if not writer.cluster or not sure:
                    yield writer._replace(sure=writer.sure and sure)
                    continue
                selection = selected(resource, self.namespaces)
                for name in selection.sure:
                    yield writer._replace(namespace=name)
                yield writer._replace(sure=False)


def _indexed(entries: Iterable[tuple[_Key, str | None, tuple[int, _T]]]) -> dict[_Key, _Placed[_T]]:
    found: dict[_Key, _Placed[_T]] = {}
    for key, namespace, entry in entries:
        found.setdefault(key, {}).setdefault(namespace, []).append(entry)
    return found


def _meant(placed: _Placed[_T], namespace: str | None) -> list[_T]:
    """Return what is, or may be, in a namespace (None: in any), in the order of the repository."""
    if namespace is None:
        entries = list(chain.from_iterable(placed.values()))
    else:
        entries = [*placed.get(namespace, ()), *placed.get(None, ())]
    return [item for _, item in sorted(entries, key=itemgetter(0))]


# All clusters of a repository have the same objects elsewhere.
@lru_cache(maxsize=1)
def _that_write(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Return objects without those that write nothing, whatever else is there."""
    from esolint.model.writer import writers

    return tuple(r for r in resources if r.is_eso or next(writers(r), None) is not None)


def places(
    renderings: Sequence[Rendering], *, certain: bool, above: str = ""
) -> Callable[[Resource], str | int | None]:
    """Return what says of an object of an environment where it is applied.

    Those of one place surely live on one cluster together. All are of one place where the
    environment is one cluster for `certain`, else what one rendering brings, and what is read as
    it stands in one file, or in files of one folder that do not look like alternatives.
    `above` is what of the paths stands before the top of the repository.
    """
    if certain:
        return lambda resource: None
    brought = {
        id(resource): i
        for i, rendering in enumerate(renderings)
        if rendering.name
        for resource in rendering.resources
    }

    def place(resource: Resource) -> str | int:
        path = resource.document.path
        folder, file = posixpath.split(path)
        apart = re.search(_CHOICE, file) or is_example(folder.removeprefix(above))
        return brought.get(id(resource), path if apart else folder)

    return place
