"""Who writes and who reads the Secrets and ConfigMaps of one environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from esolint.model.namespaces import Namespaces, namespaces, selected
from esolint.resource import Resource

if TYPE_CHECKING:
    from esolint.context.rendering import Rendering
    from esolint.model.reader import Use
    from esolint.model.writer import Writer

# Words of file names that stand for one choice of several.
_CHOICE = (
    r"(?i)(?:^|[-._])(?:dev|development|test|testing|qa|uat|int|stag(?:e|ing)|(?:pre|non)?-?prod"
    r"|production|live|sandbox|local|old|new|backup|alt|v\d+)(?:[-._]|$)"
)
_EXAMPLES = r"(?i)(?:^|[-._/])(?:docs?|demos?|examples?|samples?|snippets?)(?:[-._/]|$)"


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
        return [
            resource
            for resource in self._named.get((kind, name), ())
            if None in (namespace, resource.namespace)
            or resource.namespace == namespace
            or resource.unknown(("metadata", "namespace"))
        ]

    def writers_of(self, kind: str, name: str, namespace: str | None) -> list[Writer]:
        """Return what makes or fills an object, or may do so; None: in any namespace."""
        from esolint.model.writer import WELL_KNOWN

        if (kind, name) in WELL_KNOWN:
            return []
        candidates = [*self._by_name.get((kind, name), ()), *self._patterns_in(kind, namespace)]
        return [writer for writer in candidates if writer.may_mean(kind, name, namespace)]

    def readers_of(self, kind: str, name: str, namespace: str | None) -> list[Use]:
        """Return the references that mean an object, or may."""
        return [
            use
            for use in self._uses_by_name.get((kind, name), ())
            if None in (namespace, use.namespace) or use.namespace == namespace
        ]

    @cached_property
    def _named(self) -> dict[tuple[str, str], list[Resource]]:
        found: dict[tuple[str, str], list[Resource]] = {}
        for resource in (*self._here, *self._elsewhere):
            found.setdefault((resource.kind, resource.name), []).append(resource)
        return found

    @cached_property
    def _all(self) -> tuple[Writer, ...]:
        elsewhere = _that_write(tuple(self._elsewhere))
        possible = (w._replace(sure=False) for w in self._written(elsewhere))
        return (*self.writers, *possible)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[Writer]]:
        found: dict[tuple[str, str], list[Writer]] = {}
        for writer in self._all:
            if "*" not in writer.name:
                found.setdefault((writer.kind, writer.name), []).append(writer)
        return found

    def _patterns_in(self, kind: str, namespace: str | None) -> Iterable[Writer]:
        if namespace is None:
            return (w for (k, _), found in self._patterns.items() if k == kind for w in found)
        here = self._patterns.get((kind, namespace), ())
        return (*here, *self._patterns.get((kind, None), ()))

    @cached_property
    def _patterns(self) -> dict[tuple[str, str | None], list[Writer]]:
        found: dict[tuple[str, str | None], list[Writer]] = {}
        for writer in self._all:
            if "*" in writer.name:
                found.setdefault((writer.kind, writer.namespace), []).append(writer)
        return found

    @cached_property
    def _uses_by_name(self) -> dict[tuple[str, str], list[Use]]:
        found: dict[tuple[str, str], list[Use]] = {}
        for use in self.uses:
            found.setdefault((use.kind, use.name), []).append(use)
        return found

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


# All clusters of a repository have the same objects elsewhere.
@lru_cache(maxsize=1)
def _that_write(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Return objects without those that write nothing, whatever else is there."""
    from esolint.model.writer import writers

    return tuple(r for r in resources if r.is_eso or next(writers(r), None) is not None)


def places(
    renderings: Sequence[Rendering], *, certain: bool
) -> Callable[[Resource], str | int | None]:
    """Return what says of an object of an environment where it is applied.

    Those of one place surely live on one cluster together. All are of one place where the
    environment is one cluster for `certain`, else what one rendering brings, and what is read as
    it stands in one file, or in files of one folder that do not look like alternatives.
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
        apart = re.search(_CHOICE, file) or re.search(_EXAMPLES, folder)
        return brought.get(id(resource), path if apart else folder)

    return place
