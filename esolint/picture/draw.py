"""An environment → its picture."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from esolint.context.kustomize.item import Item
from esolint.graph import Environment, Found, Missing, Unknown
from esolint.model.consumer import (
    CLUSTER_GENERATOR,
    CLUSTER_STORE,
    CONSUMER_KINDS,
    GENERATOR_GROUP,
    PUSH_SECRETS,
    STORE_KINDS,
    GeneratorUse,
    StoreUse,
    generator_uses,
    store_uses,
)
from esolint.model.generator import GENERATOR_KINDS
from esolint.model.namespaces import CONDITIONS, Namespaces, Verdict, admits, selected
from esolint.model.reader import Use
from esolint.model.store import Store
from esolint.model.writer import WELL_KNOWN, Writer
from esolint.picture import EVERYWHERE, Admitted, Edge, Mark, Node, Picture, Role, State, Verb
from esolint.resource import ESO_GROUP, Resource, known_namespace
from esolint.value import Route, expand, mapping, text
from esolint.words import listed

_MOST_NAMES = 5
_NAME: Route = ("metadata", "name")
_NAMESPACES: Route = (*CONDITIONS, "*", "namespaces", "*")
_STATES: tuple[State, ...] = ("unknown", "likely", "found", "refused", "missing")
_GENERATORS = frozenset((*GENERATOR_KINDS, CLUSTER_GENERATOR))
_OWN_KINDS = frozenset((*STORE_KINDS, *CONSUMER_KINDS, *_GENERATORS))
# What every namespace has.
_BUILT_IN = frozenset((*WELL_KNOWN, ("ServiceAccount", "default")))
_BY_SHAPE = "only the shape of the reference tells"
_NOT_HERE = "nothing says that it lives on this cluster"
_UNKNOWN_NAMESPACE = "it is not known whether it is of this namespace"
_UNDEFINED = "nothing here defines it"
_UNNAMED = "its name is only known after rendering"
_UNDECIDED = "the values of a chart decide whether it is there"
_UNMADE = "nothing here makes it"


def draw(env: Environment) -> Picture:
    """Return the picture of an environment: what ESO's objects read and write, and for whom."""
    return _Drawing(env).picture()


class _Drawing:
    """Nodes and edges by what tells them apart, while they are being collected."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._links = env.links
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._made: set[str] = set()
        self._here = {id(resource) for resource in env.resources}
        self._generators = [
            resource
            for resource in (*env.of_kind(*_GENERATORS), *env.elsewhere)
            if resource.kind in _GENERATORS and resource.group == GENERATOR_GROUP
        ]

    def picture(self) -> Picture:
        for resource in self._env.resources:
            if _role(resource) != "other":
                self._resource(resource)
        for use in self._links.uses:
            if _role(use.resource) != "other":
                place = self._place(use.namespace, use.resource)
                self._read(self._object(place, use.kind, use.name), use)
        for writer in self._links.writers:
            if _role(writer.resource) == "consumer":
                self._target(writer)
        self._spread()
        objects = [node for node in self._nodes.values() if node.role == "object"]
        for node in objects:
            self._makers(node)
            self._readers(node)
        self._admitted()
        nodes = sorted(self._nodes.values())
        return Picture(self._env.name, tuple(nodes), tuple(sorted(self._edges.values())))

    # What ESO's own objects say

    def _resource(self, resource: Resource) -> None:
        here = self._of(resource)
        for use in store_uses(resource):
            self._uses_store(use, here)
        for generator in generator_uses(resource):
            self._uses_generator(generator, here)
        if resource.kind in PUSH_SECRETS:
            base = PUSH_SECRETS[resource.kind]
            for route in expand((*base, "secretStoreRefs", "*"), resource.value):
                if mapping(resource.get(*route)).get("labelSelector") is not None:
                    kind = text(resource.get(*route, "kind")) or STORE_KINDS[0]
                    use = StoreUse(resource, route, kind, "*", resource.namespace)
                    self._unanswered(use, here, "unknown", "its labels choose it")

    def _uses_store(self, use: StoreUse, here: str) -> None:
        resolution = self._env.resolve(use)
        if isinstance(resolution, Missing):
            self._unanswered(use, here, "missing", _told(resolution))
        elif isinstance(resolution, Unknown):
            self._unanswered(use, here, "unknown", resolution.why)
        else:
            for store in resolution.resources:
                state, why = self._way(use, store, resolution)
                self._between_store(self._of(store), here, use, state, why)

    def _way(self, use: StoreUse, store: Resource, found: Found) -> tuple[State, str]:
        """Return whether a reference leads to a store that it may mean, and why not."""
        state, why = self._admission(use, store)
        if state == "refused":
            return state, why
        others = {self._id(other) for other in found.resources}
        if len(others) > 1:
            return "unknown", f"it may mean each of {len(others)} stores"
        return ("unknown", _NOT_HERE) if id(store) not in self._here else (state, why)

    def _admission(self, use: StoreUse, store: Resource) -> tuple[State, str]:
        """Return whether a store admits the namespaces from which it is used."""
        consumer, known = use.resource, self._links.namespaces
        own = known_namespace(consumer)
        homes = [own] if own else []
        if _is_cluster_wide(consumer):
            homes = list(selected(consumer, known).sure)
        verdicts: dict[str, Verdict] = {home: admits(store, home, known) for home in homes}
        refused = [home for home in homes if verdicts[home].answer is False]
        if refused:
            names = listed(refused, _MOST_NAMES)
            return "refused", f"does not admit {names}: {verdicts[refused[0]].why}"
        if any(verdict.answer is None for verdict in verdicts.values()):
            return "unknown", "its conditions are only known after rendering"
        return "found", ""

    def _unanswered(self, use: StoreUse | GeneratorUse, here: str, state: State, why: str) -> None:
        """Add a node for what a reference names and what is not there."""
        place = ""
        if not use.kind.startswith("Cluster"):
            place = self._place_of_resource(use.resource) or EVERYWHERE
        role: Role = "store" if isinstance(use, StoreUse) else "generator"
        name = use.name or "(no name)"
        there = self._add(_node(role, use.kind, name, place)._replace(state=state, why=why))
        if isinstance(use, StoreUse):
            self._between_store(there, here, use, state, why)
        else:
            self._edge(there, here, "reads", state, why, mark=_mark(use.resource, use.route))

    def _between_store(self, store: str, here: str, use: StoreUse, state: State, why: str) -> None:
        mark = _mark(use.resource, use.route)
        if use.resource.kind in PUSH_SECRETS:
            self._edge(here, store, "pushes", state, why, mark=mark)
        else:
            self._edge(store, here, "reads", state, why, mark=mark)

    def _uses_generator(self, use: GeneratorUse, here: str) -> None:
        found = [generator for generator in self._generators if use.means(generator)]
        for generator in found:
            several = len({self._id(one) for one in found}) > 1
            why = "it may mean several" if several else ""
            if id(generator) not in self._here:
                why = _NOT_HERE
            state: State = "unknown" if why else "found"
            mark = _mark(use.resource, use.route)
            self._edge(self._of(generator), here, "reads", state, why, mark=mark)
        if not found:
            same = [generator for generator in self._generators if generator.kind == use.kind]
            abroad = any(use.means(generator) for generator in self._env.others)
            if same and not abroad and not any(generator.unknown(_NAME) for generator in same):
                self._unanswered(use, here, "missing", _UNDEFINED)
            else:
                self._unanswered(use, here, "unknown", f"the repository defines no {use.kind}")

    # What is read and written by name

    def _read(self, source: str, use: Use, state: State = "found", why: str = "") -> None:
        if not use.sure and state == "found":
            state, why = "likely", _BY_SHAPE
        target = self._of(use.resource)
        keys = tuple(sorted({key for key, _ in use.keys}))
        self._edge(source, target, "reads", state, why, keys, mark=_mark(use.resource, use.route))

    def _target(self, writer: Writer) -> None:
        """Add what an ExternalSecret writes into its own namespace."""
        place = self._place(writer.namespace, writer.resource)
        if place == EVERYWHERE or writer.resource.kind != "ExternalSecret":
            return
        if "*" in writer.name:
            target = self._object(place, writer.kind, writer.name, why=_UNNAMED)
            self._written(writer, target, "unknown", _UNNAMED)
        else:
            target = self._object(place, writer.kind, writer.name)
            state: State = "found" if writer.sure else "likely"
            self._written(writer, target, state, "" if writer.sure else _UNDECIDED)

    def _written(self, writer: Writer, target: str, state: State = "found", why: str = "") -> None:
        mark = _mark(writer.resource, writer.route)
        source = self._of(writer.resource)
        if source != target:
            self._made.add(target)
            self._edge(source, target, "writes", state, why, policy=writer.policy, mark=mark)

    def _spread(self) -> None:
        """Add what goes into many namespaces, or into one that is not known."""
        found: dict[tuple[str, str, str], list[Writer]] = {}
        for writer in self._links.writers:
            own = writer.resource.kind == "ExternalSecret" and (
                self._place(writer.namespace, writer.resource) != EVERYWHERE
            )
            named = writer.cluster or "*" not in writer.name
            if _role(writer.resource) == "consumer" and named and not own:
                key = (self._of(writer.resource), writer.kind, writer.name)
                found.setdefault(key, []).append(writer)
        for writers in found.values():
            self._spread_one(writers)

    def _spread_one(self, writers: Sequence[Writer]) -> None:
        """Add what one resource writes under one name.

        A node of its own has each namespace in which something else concerns the object,
        and all others have one together.
        """
        first = writers[0]
        uses = self._links.readers_of(first.kind, first.name, None)
        concerned = {node.namespace for node in self._nodes.values() if _names(node, first)}
        concerned |= {use.namespace for use in uses}
        sure = {writer.namespace for writer in writers if writer.sure and writer.namespace}
        for namespace in sorted(sure & concerned):
            self._written(first, self._object(namespace, first.kind, first.name))
        rest = tuple(sorted(sure - concerned))
        here = {node.namespace for node in self._nodes.values() if _names(node, first)}
        hoping = [use for use in uses if use.namespace not in here]
        if not rest and not hoping and (sure or not first.cluster):
            return
        why = _doubt(first, self._links.namespaces)
        there = self._object(EVERYWHERE, first.kind, first.name, why="" if rest else why, into=rest)
        self._written(first, there, "found" if rest else "unknown", "" if rest else why)
        for use in hoping:
            self._read(there, use, "unknown", "it is not known whether it gets there")

    def _makers(self, node: Node) -> None:
        """Add who else makes or fills an object, and say where nobody is seen to."""
        guess = ""
        for resource in self._links.find(node.kind, node.name, node.namespace):
            if self._id(resource) == node.id and id(resource) in self._here:
                self._of(resource)
            elif self._id(resource) == node.id:
                guess = f"{resource.document.path} may define it"
        for writer in self._links.writers_of(node.kind, node.name, node.namespace):
            if writer.cluster or not self._concerns(writer.namespace, writer.resource, node):
                continue
            if _role(writer.resource) == "other" and "*" not in writer.name:
                self._written(writer, node.id, *self._how(writer, node))
            elif not guess and writer.namespace is not None:
                guess = f"{writer.resource.title} may make it"
        node = self._nodes[node.id]
        is_there = node.id in self._made or node.marks or (node.kind, node.name) in _BUILT_IN
        if not is_there:
            why = "in the namespace of each user" if node.place == EVERYWHERE else guess or _UNMADE
            self._nodes[node.id] = node._replace(state="unknown", why=why)

    def _how(self, writer: Writer, node: Node) -> tuple[State, str]:
        """Return how sure it is that somebody makes an object, and why it is not."""
        if id(writer.resource) not in self._here:
            return "unknown", _NOT_HERE
        if self._place(writer.namespace, writer.resource) != node.place:
            return "unknown", _UNKNOWN_NAMESPACE
        return ("found", "") if writer.sure else ("likely", "by a convention")

    def _readers(self, node: Node) -> None:
        """Add who reads an object that ESO has to do with."""
        if node.kind in ("ServiceAccount", "ConfigMap") or node.place == EVERYWHERE:
            return
        for use in self._links.readers_of(node.kind, node.name, node.namespace):
            # By such a reference its resource says what it makes.
            makes = (self._id(use.resource), node.id, "writes") in self._edges
            if _role(use.resource) != "other" or makes:
                continue
            if self._place(use.namespace, use.resource) == node.place:
                self._read(node.id, use)
            elif self._concerns(use.namespace, use.resource, node):
                self._read(node.id, use, "unknown", _UNKNOWN_NAMESPACE)

    def _concerns(self, namespace: str | None, resource: Resource, node: Node) -> bool:
        """Say whether a reference with a namespace, or with none, may mean an object.

        One that has an object of its own means that. Where no namespace is written on either
        side, only what is deployed together counts.
        """
        place = self._place(namespace, resource)
        if place == node.place:
            return True
        if _id(node.kind, place, node.name) in self._nodes:
            return False
        return not (node.is_adrift and place.startswith("["))

    def _admitted(self) -> None:
        """Say of the cluster-wide stores which of the namespaces here may use them."""
        known = self._links.namespaces
        here = {node.namespace for node in self._nodes.values()} | known.keys()
        by_id: dict[str, list[Resource]] = {}
        for store in self._env.of_kind(CLUSTER_STORE):
            if store.group == ESO_GROUP:
                by_id.setdefault(self._id(store), []).append(store)
        for id, stores in by_id.items():
            named = {text(s.get(*r)) for s in stores for r in expand(_NAMESPACES, s.value)}
            answers: dict[str, set[bool | None]] = {
                name: {admits(store, name, known).answer for store in stores}
                for name in sorted(filter(None, here | named))
            }
            yes = tuple(name for name, found in answers.items() if True in found)
            no = tuple(name for name, found in answers.items() if found == {False})
            unknown = tuple(sorted(answers.keys() - {*yes, *no}))
            every = any(not s.get(*CONDITIONS) and not s.unknown(CONDITIONS) for s in stores)
            admitted = Admitted(True) if every else Admitted(False, yes, no, unknown)
            self._nodes[id] = self._nodes[id]._replace(admitted=admitted)

    # Nodes and edges

    def _of(self, resource: Resource) -> str:
        """Add the node of a resource, and return its id."""
        role = _role(resource)
        is_object = role == "other" and resource.kind in ("Secret", "ConfigMap", "ServiceAccount")
        node = Node(
            self._id(resource),
            "object" if is_object and not resource.group else role,
            resource.kind or "(no kind)",
            resource.name or "(no name)",
            self._place_of_resource(resource),
        )
        provider = ""
        if role == "store":
            store = Store(resource)
            provider = store.row.title if store.row else store.provider
        return self._add(node._replace(provider=provider, marks=(_mark(resource, ()),)))

    def _id(self, resource: Resource) -> str:
        name = resource.name or "(no name)"
        return _id(_kind(resource), self._place_of_resource(resource), name)

    def _object(
        self, place: str, kind: str, name: str, *, why: str = "", into: tuple[str, ...] = ()
    ) -> str:
        """Add an object that something reads or writes, and return its id."""
        node = _node("object", kind or "(kind not known)", name, place)
        state: State = "unknown" if why else "found"
        return self._add(node._replace(state=state, why=why, namespaces=into))

    def _place(self, namespace: str | None, beside: Resource) -> str:
        """Return where an object is: its namespace, else that of what stands beside it."""
        if namespace is not None:
            return namespace
        place = self._place_of_resource(beside)
        return place if place.startswith("[") else EVERYWHERE

    def _place_of_resource(self, resource: Resource) -> str:
        """Return the namespace of an object, "" where it has none, else what brings it there."""
        if _is_cluster_wide(resource):
            return ""
        folder = posixpath.dirname(resource.document.path) or "."
        return known_namespace(resource) or f"[{resource.rendering or folder}]"

    def _add(self, node: Node) -> str:
        known = self._nodes.get(node.id)
        if known is not None:
            stronger = max(known, node, key=lambda n: (bool(n.marks), _STATES.index(n.state)))
            providers = dict.fromkeys(filter(None, (known.provider, node.provider)))
            node = stronger._replace(
                provider=", ".join(sorted(providers)),
                namespaces=tuple(sorted({*known.namespaces, *node.namespaces})),
                marks=tuple(sorted({*known.marks, *node.marks})),
            )
        self._nodes[node.id] = node
        return node.id

    def _edge(
        self,
        source: str,
        target: str,
        verb: Verb,
        state: State = "found",
        why: str = "",
        keys: tuple[str, ...] = (),
        policy: str = "",
        mark: Mark | None = None,
    ) -> None:
        edge = Edge(source, target, verb, state, why, keys, policy, mark)
        known = self._edges.get(edge[:3])
        if known is not None:
            # Of two references to one object, the surer one tells.
            stronger = max(known, edge, key=lambda e: _STATES.index(e.state))
            policies = dict.fromkeys(filter(None, (known.policy, edge.policy)))
            keys = tuple(sorted({*known.keys, *edge.keys}))
            edge = stronger._replace(keys=keys, policy=", ".join(sorted(policies)))
        self._edges[edge[:3]] = edge


def _role(resource: Resource) -> Role:
    if resource.group == ESO_GROUP and resource.kind in STORE_KINDS:
        return "store"
    if resource.group == ESO_GROUP and resource.kind in CONSUMER_KINDS:
        return "consumer"
    if resource.group == GENERATOR_GROUP and resource.kind in _GENERATORS:
        return "generator"
    return "other"


def _kind(resource: Resource) -> str:
    """Return the kind as ids have it: with its group where ESO has one of that name."""
    if resource.kind in _OWN_KINDS and not resource.is_eso:
        return f"{resource.kind}.{resource.group}"
    return resource.kind or "(no kind)"


def _is_cluster_wide(resource: Resource) -> bool:
    if resource.is_eso or re.match("Cluster[A-Z]", resource.kind):
        return resource.kind.startswith("Cluster")
    return Item(resource.value, resource.document).cluster_scoped


def _id(kind: str, place: str, name: str) -> str:
    return "/".join(filter(None, (kind, place, name)))


def _node(role: Role, kind: str, name: str, place: str) -> Node:
    return Node(_id(kind, place, name), role, kind, name, place)


def _names(node: Node, writer: Writer) -> bool:
    return (node.kind, node.name) == (writer.kind, writer.name)


def _doubt(writer: Writer, known: Namespaces) -> str:
    """Say of what is not sure to go anywhere where it may go."""
    if not writer.cluster:
        return "where it goes is only known on the cluster"
    possible = sorted(selected(writer.resource, known).possible)
    return (
        f"perhaps in {listed(possible, _MOST_NAMES)}" if possible else "where it goes is not known"
    )


def _mark(resource: Resource, route: Route) -> Mark:
    document, there = resource.origin(route)
    return Mark(document.path, document.span(there).line)


def _told(missing: Missing) -> str:
    """Say of a store that is missing what is there instead."""
    for other in missing.other_kind[:1]:
        return f"there is a {other.kind} of that name"
    for other in missing.other_namespace[:1]:
        return f"it stands in {known_namespace(other)}"
    if missing.other_cluster:
        return "only another cluster has it"
    if missing.near is not None:
        return f'did you mean "{missing.near.name}"?'
    return _UNDEFINED
