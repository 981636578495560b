"""What looks like a reference to a Secret, ConfigMap or ServiceAccount: by its shape alone.

For chart values, and for custom resources of which no table knows the fields. Their shapes
are conventions: Kubernetes' own types, which most CRDs embed, and the names that charts of
many authors share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from esolint.model.mention import (
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    TLS,
    Mention,
    is_issued,
    is_optional,
    keys_at,
    namespace_at,
)
from esolint.value import Route, Value, mapping, parse_route, sequence, text

# Fields that say which object is made, and those that name none.
_PASSED_OVER = re.compile(
    r"(?:write|publish|managed|generated?|created?)[A-Z]\w*|target|destination|outputs?"
    r"|secretTemplate|connectionSecret\w*|status|metadata|annotations|labels|stringData"
)
# What stands beside the name of a Secret that a chart makes.
_MAKES = frozenset(
    ("data", "stringData", "externalSecret", "externalSecrets", "remoteRef", "dataFrom", "values")
)
# `secretRef: {name: …}`, `apiTokenSecretRef`, `secretKeyRef`, `secretTargetRef: [{name: …}]`
_REFERENCE = re.compile(r"(?i)\w*(?:secret|configmap)(?:key|target)?refs?")
# `clientSecret: {name: …}`, `secrets: [{name: …, key: …}]`
_NOUN = re.compile(r"(?i)\w*(?:secret|configmap)s?")
_LISTED = re.compile(r"(?i)(?:image)?pullsecrets|\w*envfrom(?:secret|configmap)s")
_ANY_REFERENCE = re.compile(r"\w*(?:Refs?|From)")
# What a reference to one key holds and nothing beside it.
_SELECTOR = frozenset(("name", "key", "optional", "namespace", "kind", "group", "apiVersion"))
_OF_OBJECT = _SELECTOR | {"items", "keys", "defaultMode"}

_EXISTING = re.compile(r"(?i)\w*existing\w*secret(?:_?name|_?ref)?")
_EXISTING_CONFIG_MAP = re.compile(r"(?i)\w*existing\w*config_?map(?:_?name|_?ref)?")
# Texts that are names: a `clientSecret` may be the secret itself, a `configSecret` is none.
_TEXT = re.compile(
    r"\w*[sS]ecretRef|(?:ca|tls|cert|\w*(?:CA|TLS|Cert|[cC]onfig|[cC]redentials?|[pP]ull))Secret"
)
_CHART_TEXT = re.compile(r"\w*[sS]ecret_?[nN]ame|\w*[eE]nv(?:From|Vars)Secret|credentialsName")
_SPEC = re.compile(r"(?i)(?:prometheus|alertmanager|thanosruler|agent)?spec")
# `existingSecretPasswordKey`, `userKey`: what names a key where an existing Secret is named.
_KEY_FIELD = re.compile(
    r"(?i)existing_?secret\w*key"
    r"|(?!replication)\w*(?:password|user|username|token|client_?id|client_?secret|api_?key)_?key"
)
_KEY = (parse_route("key"), parse_route("keys.*"), parse_route("items.*.key"))
_CHART_KEY = (*_KEY, parse_route("credentialsKey"))


def shapes(value: Value, base: Route, *, chart: bool = False) -> Iterator[Mention]:
    """Yield what looks like a reference in `value`, which stands at `base` of an object.

    `chart`: the value is what a chart takes, so that less is certain of a name; what is
    switched off (`enabled: false`) is left out, and so are whole objects.
    """
    # The common library of bjw-s: names of what the chart makes go before names of others.
    made = {
        field: frozenset(mapping(mapping(value).get(f"{field}s")) if chart else ())
        for field in ("secret", "configMap")
    }
    stack = [(base, value, False)]
    while stack:
        route, node, issued = stack.pop()
        if isinstance(node, list):
            stack.extend(((*route, i), node[i], issued) for i in range(len(node) - 1, -1, -1))
        elif isinstance(node, dict) and not (chart and _is_left_out(node)):
            issued = issued or is_issued(mapping(node.get("annotations")))
            for mention in _in_node(route, node, chart):
                yield mention._replace(optional=mention.optional or issued)
            if "envFrom" in route[-2:]:
                for field, names in made.items():
                    if text(node.get(field)) and node[field] not in names:
                        yield Mention((*route, field), _kind(field))
            below = [key for key in node if not _is_passed_over(route, key, chart)]
            stack.extend(((*route, key), node[key], issued) for key in reversed(below))


def _in_node(route: Route, node: dict[str, Value], chart: bool) -> Iterator[Mention]:
    if chart:
        yield from _of_chart(route, node)
    for key, item in node.items():
        if not _is_passed_over(route, key, chart):
            yield from _of_field(route, node, key, item, chart)


def _is_left_out(node: Mapping[str, Value]) -> bool:
    return node.get("enabled") is False or ("apiVersion" in node and "kind" in node)


def _is_passed_over(route: Route, key: str, chart: bool) -> bool:
    if key == "privateKeySecretRef":  # an issuer's account: cert-manager makes it
        return chart or "acme" in route[-1:]
    return _PASSED_OVER.fullmatch(key) is not None


def _of_chart(route: Route, node: dict[str, Value]) -> Iterator[Mention]:
    """Yield what only charts write, which are their own API."""
    kind = node.get("type")
    # The common library of bjw-s again.
    if "persistence" in route and kind in ("secret", "configMap") and text(node.get("name")):
        yield Mention((*route, "name"), _kind(str(kind)), keys_at(node, route, _KEY))
    if text(node.get("secret")) and text(node.get("key")):
        yield Mention((*route, "secret"), SECRET, ((*route, "key"),))
    if mapping(node.get("serviceAccount")).get("create") is False:
        yield Mention((*route, "serviceAccount", "name"), SERVICE_ACCOUNT)
    # What an Ingress of the chart will hold.
    for i, entry in enumerate(sequence(node.get("tls"))):
        if text(mapping(entry).get("secretName")):
            yield Mention((*route, "tls", i, "secretName"), SECRET, always=TLS)


def _of_field(
    route: Route, node: dict[str, Value], key: str, item: Value, chart: bool
) -> Iterator[Mention]:
    here = (*route, key)
    if isinstance(item, str):
        # What stands in capitals is the environment of a container.
        if item and key[:1].islower():
            yield from _of_text(route, node, key, chart)
    elif isinstance(item, dict) and not (chart and _is_left_out(item)):
        in_list = bool(route) and isinstance(route[-1], int)
        yield from _of_mapping(here, key, item, chart, in_list=in_list)
    elif isinstance(item, list):
        above = str(route[-1]) if route else ""
        names = _LISTED.fullmatch(key) or (
            key in ("secrets", "configMaps") and _SPEC.fullmatch(above)
        )
        for i, entry in enumerate(item):
            if isinstance(entry, dict):
                yield from _of_mapping((*here, i), key, entry, chart)
            elif names and isinstance(entry, str):
                yield Mention((*here, i), _kind(key))


def _of_text(route: Route, node: dict[str, Value], key: str, chart: bool) -> Iterator[Mention]:
    above = str(route[-1]) if route else ""
    kind, keys = SECRET, tuple[Route, ...]()
    if key == "serviceAccountName":
        yield Mention((*route, key), SERVICE_ACCOUNT)
        return
    if (
        _EXISTING_CONFIG_MAP.fullmatch(key)
        or (key == "configMapName" and above != "spec")
        or (chart and key == "extraEnvVarsCM")
    ):
        kind = CONFIG_MAP
    elif _EXISTING.fullmatch(key) or (_EXISTING.fullmatch(above) and key in ("name", "secretName")):
        keys = _key_fields(route, node)
    elif key == "secretName" or (chart and _CHART_TEXT.fullmatch(key)):
        # The top of a spec names what an operator makes as often as what it reads.
        if above == "spec" or _MAKES & node.keys() or node.get("create") is True:
            return
        keys = keys_at(node, route, _CHART_KEY if chart else _KEY)
    elif not (_TEXT.fullmatch(key) or (key == "secret" and above in ("basicAuth", "digestAuth"))):
        return
    beside = f"{key.removesuffix('Name')}Namespace"
    namespace = (*route, beside) if text(node.get(beside)) else namespace_at(node, route)
    yield Mention((*route, key), kind, keys, (), is_optional(node), namespace)


def _of_mapping(
    route: Route, key: str, item: dict[str, Value], chart: bool, *, in_list: bool = False
) -> Iterator[Mention]:
    """Yield what a mapping under `key` refers to. `in_list`: it is part of a list's item."""
    named_kind = item.get("kind")
    if not text(item.get("name")) or named_kind not in (None, SECRET, CONFIG_MAP):
        return
    selects = text(item.get("key")) is not None
    sure = bool(_REFERENCE.fullmatch(key) or _LISTED.fullmatch(key))
    if not sure and _NOUN.fullmatch(key):
        # A chart's `secret: {name: …}` may be what it makes, unless it is a volume's.
        of_volume = in_list and key in ("secret", "configMap")
        sure = selects or of_volume or (not chart and item.keys() <= _OF_OBJECT)
    refers = _ANY_REFERENCE.fullmatch(key)
    if sure or (refers and named_kind):
        kind = str(named_kind or _kind(key))
    elif selects and item.keys() <= _SELECTOR and (refers or not chart):
        kind = SECRET
    else:
        return
    keys = keys_at(item, route, _KEY)
    namespace = namespace_at(item, route)
    yield Mention((*route, "name"), kind, keys, (), is_optional(item), namespace)


def _key_fields(route: Route, node: dict[str, Value]) -> tuple[Route, ...]:
    """Return where the names of keys stand beside the name of an existing Secret."""
    keys = [(*route, key) for key in node if _KEY_FIELD.fullmatch(key)]
    inner = mapping(node.get("secretKeys"))
    keys += [(*route, "secretKeys", key) for key in inner if not key.startswith("replication")]
    return tuple(keys)


def _kind(field: str) -> str:
    return CONFIG_MAP if "configmap" in field.lower() else SECRET
