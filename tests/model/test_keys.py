"""The keys that ExternalSecrets fetch and write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.go import regexp_error
from esolint.model.consumer import EXTERNAL_SECRETS
from esolint.model.keys import Keys, fetched, mapping_keys, replace_all, secret_keys
from esolint.resource import Resource, resources
from esolint.source import read_text
from esolint.value import Value, exists

SPEC = ("spec",)
OBJECTS = """\
apiVersion: generators.external-secrets.io/v1alpha1
kind: Password
metadata: {name: plain}
spec: {length: 24}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Password
metadata: {name: several}
spec: {secretKeys: [user, admin]}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Fake
metadata: {name: fake}
spec: {data: {a: "1", b: "2"}}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ECRAuthorizationToken
metadata: {name: public}
spec: {region: us-east-1, scope: public}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: shared}
spec: {kind: Password, generator: {passwordSpec: {length: 9, secretKeys: [pin]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: templates}
data:
  config.yaml: "password: '{{ .password }}'"
  pairs: |
    # what the app reads
    user: {{ .user }}
    config: |
      deep: {{ .password }}
  loop: |
    {{ range $k, $v := . }}{{ $k }}: {{ $v }}
    {{ end }}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Fake
metadata: {name: twice}
spec: {data: {a: "1", b: "2"}}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Fake
metadata: {name: twice}
spec: {data: {a: "1", c: "2"}}
"""


def objects(text: str) -> list[Resource]:
    documents, unread = read_text(text, "manifest.yaml")
    assert not unread
    return [resource for document in documents for resource in resources(document)]


EVERYTHING = objects(OBJECTS)


def find(kind: str, name: str, namespace: str | None) -> Sequence[Resource]:
    return [r for r in EVERYTHING if (r.kind, r.name) == (kind, name)]


def external_secret(spec: str) -> Resource:
    text = (
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app}\nspec:\n"
    )
    (resource,) = objects(text + indent(spec, "  "))
    return resource


def shown(keys: Keys) -> str:
    """Write keys as `a b`, with `…` for those that are not known."""
    assert keys.exact or keys.why
    return " ".join([*sorted(keys.named), *([] if keys.exact else ["…"])])


DATA = "data: [{secretKey: a, remoteRef: {key: x}}, {secretKey: b, remoteRef: {key: y}}]\n"
EXTRACT = "dataFrom: [{extract: {key: x}}]\n"


def generated(kind: str, name: str = "x", rewrite: str = "[]") -> str:
    reference = f"generatorRef: {{kind: {kind}, name: {name}}}"
    return f"dataFrom: [{{sourceRef: {{{reference}}}, rewrite: {rewrite}}}]\n"


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        (DATA, "a b"),
        ("data: []", ""),
        ("data:", ""),
        (EXTRACT, "…"),
        (DATA + EXTRACT, "a b …"),
        ("dataFrom: [{find: {name: {regexp: x}}}]", "…"),
        ("dataFrom: [{sourceRef: {storeRef: {name: x}}}]", ""),
        ("dataFrom: [{}]", "…"),
        ("dataFrom: [null]", "…"),
        ("dataFrom: ${SOURCES}", "…"),
        ("data: [{secretKey: '${KEY}', remoteRef: {key: x}}]", "…"),
        ("data: [{secretKey: a b, remoteRef: {key: x}}]", "…"),
        ("data: [{secretKey: a, remoteRef: {key: '${KEY}'}}]", "a"),
        ("data: [{secretKey: APP__AUTH__KEY, remoteRef: {key: x}}]", "APP__AUTH__KEY"),
        (generated("UUID"), "uuid"),
        (generated("SSHKey"), "privateKey publicKey"),
        (generated("ECRAuthorizationToken"), "expires_at password username …"),
        (generated("ECRAuthorizationToken", "public"), "expires_at password username"),
        (generated("Password"), "…"),
        (generated("Password", "plain"), "password"),
        (generated("Password", "several"), "admin user"),
        (generated("Fake", "fake"), "a b"),
        (generated("Fake", "twice"), "a …"),
        (generated("Fake", "'${NAME}'"), "…"),
        (generated("ClusterGenerator", "shared"), "pin"),
        (generated("VaultDynamicSecret"), "…"),
        (generated("Webhook"), "…"),
        (generated("'${KIND}'"), "…"),
        (generated("UUID", rewrite="[{regexp: {source: '^', target: app_}}]"), "app_uuid"),
        (generated("UUID", rewrite="[{regexp: {source: (u), target: $1-$1}}]"), "u-uu-uid"),
        (generated("UUID", rewrite="[{regexp: {source: '(', target: x}}]"), "…"),
        (generated("UUID", rewrite="[{regexp: {source: '^', target: a/}}]"), "…"),
        (generated("UUID", rewrite="[{transform: {template: '{{ .value | upper }}'}}]"), "…"),
        (generated("UUID", rewrite="[{merge: {}}]"), "…"),
        (generated("UUID", rewrite="[{merge: {strategy: JSON, into: all}}]"), "all uuid"),
        ("dataFrom: [{extract: {key: x}, rewrite: [{regexp: {source: a, target: b}}]}]", "…"),
    ],
)
def test_fetched(spec: str, keys: str) -> None:
    assert shown(fetched(external_secret(spec), SPEC, find)) == keys


LITERAL = "templateFrom:\n- literal: |\n"
ITEMS = "templateFrom: [{configMap: {name: templates, items: [{key: %s, templateAs: %s}]}}]\n"


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        ("{}", "…"),
        ("type: Opaque", "…"),
        ("data: {}", "…"),
        ("metadata: {labels: {app: x}}", "…"),
        ("data: {c: '{{ .a }}'}", "c"),
        ("data: {c: plain, d: '{{ .a }}'}\nmergePolicy: Replace", "c d"),
        ("data: {c: x}\nmergePolicy: Merge", "c …"),
        ("data: {c: x}\nmergePolicy: ${POLICY}", "c …"),
        ("data: {'${KEY}': x}", "…"),
        ("data: ${DATA}", "…"),
        ("templateFrom: [{target: Labels, literal: 'a: b'}]", ""),
        ("templateFrom: [{target: annotations, literal: 'a: b'}]\ndata: {c: x}", "c"),
        ("templateFrom: [{target: spec.values, literal: 'a: b'}]", "…"),
        ("templateFrom: [{}]", ""),
        (ITEMS % ("config.yaml", "Values"), "config.yaml"),
        (ITEMS % ("pairs", "KeysAndValues"), "config user"),
        (ITEMS % ("loop", "KeysAndValues"), "…"),
        (ITEMS % ("absent", "KeysAndValues"), "…"),
        (ITEMS % ("config.yaml", "Values") + "data: {c: x}", "c config.yaml"),
        ("templateFrom: [{secret: {name: x, items: [{key: k}]}}]", "k"),
        ("templateFrom: [{secret: {name: x, items: [{key: k, templateAs: KeysAndValues}]}}]", "…"),
        (LITERAL + "    a: {{ .a }}\n    b: |\n      {{ .b | nindent 2 }}", "a b"),
        (LITERAL + "    a: 1\n    {{ .rest }}", "…"),
        (LITERAL + "    {{ if .a }}\n    a: 1\n    {{ end }}", "…"),
        (LITERAL + "    {{ .name }}: 1", "…"),
        (LITERAL + "    {a: b}", "…"),
    ],
)
def test_a_template_replaces_what_is_fetched(template: str, keys: str) -> None:
    spec = EXTRACT + "target:\n  template:\n" + indent(template, "    ")
    assert shown(secret_keys(external_secret(spec), SPEC, find)) == keys


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("{}", "a b"),
        ("{creationPolicy: Owner}", "a b"),
        ("{creationPolicy: Orphan}", "a b"),
        ("{creationPolicy: Merge}", "a b …"),
        ("{creationPolicy: CreateOrMerge}", "a b …"),
        ("{creationPolicy: '${POLICY}'}", "a b …"),
        ("{template: '${TEMPLATE}'}", "…"),
        ("{template: {data: {c: x}, mergePolicy: Merge}}", "a b c"),
        ("{template: {data: {a: x}}}", "a"),
        ("{manifest: {apiVersion: v1, kind: ConfigMap}}", "a b"),
        ("{manifest: {apiVersion: v1, kind: ConfigMap}, template: {data: {c: x}}}", "c"),
        ("{manifest: {apiVersion: v1, kind: Secret}}", "…"),
        ("{manifest: {apiVersion: argoproj.io/v1alpha1, kind: Application}}", "…"),
    ],
)
def test_target(target: str, keys: str) -> None:
    assert shown(secret_keys(external_secret(f"{DATA}target: {target}"), SPEC)) == keys


def test_a_key_comes_from_the_last_that_gives_it() -> None:
    resource = external_secret(
        DATA + generated("Fake", "fake") + "target: {template: {mergePolicy: Merge, data: {b: x}}}"
    )
    keys = secret_keys(resource, SPEC, find)

    assert keys.named == {
        "a": ("spec", "data", 0, "secretKey"),
        "b": ("spec", "target", "template", "data", "b"),
    }


def test_mapping_keys() -> None:
    (secret,) = objects("kind: Secret\ndata: {a: x}\nstringData: {b: '${B}', '${C}': x}\n")

    assert shown(mapping_keys(secret, ("data",))) == "a"
    assert shown(mapping_keys(secret, ("data",), ("stringData",))) == "a b …"


# What Go's regexp.ReplaceAllString gives.
@pytest.mark.parametrize(
    ("pattern", "target", "subject", "result"),
    [
        ("x*", "-", "abxd", "-a-b-d-"),
        ("", "-", "ab", "-a-b-"),
        ("(a)(b)?", "<$2$1>", "aab", "<a><ba>"),
        ("(?P<first>.)", "${first}_", "ab", "a_b_"),
        ("(a)", "$1x", "ab", "b"),
        ("(a)", "${1}x$$", "ab", "ax$b"),
        ("(a)", "$01$9$", "ab", "$b"),
        ("a|", "-", "ba", "-b-"),
    ],
)
def test_replacing_as_go_does(pattern: str, target: str, subject: str, result: str) -> None:
    assert regexp_error(pattern) is None
    assert replace_all(pattern, target, subject) == result


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(("Merge", "JSON", "a", "ConfigMap", "Password", "several", "${X}", "(", "^"))
)
FIELDS = st.sampled_from(
    (
        *("target", "template", "templateFrom", "data", "dataFrom", "secretKey", "sourceRef"),
        *("generatorRef", "kind", "name", "rewrite", "regexp", "merge", "into", "strategy"),
        *(
            "source",
            "literal",
            "configMap",
            "items",
            "key",
            "templateAs",
            "manifest",
            "mergePolicy",
        ),
        *("creationPolicy", "extract", "find", "metadata", "annotations", "externalSecretSpec"),
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=25,
)
ENTRIES = st.lists(st.dictionaries(FIELDS, VALUES, max_size=4), max_size=3)


@given(VALUES, VALUES, ENTRIES | VALUES)
def test_nothing_is_too_odd(spec: Value, target: Value, entries: Value) -> None:
    (shell,) = objects("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec: {}\n")
    body = {"target": target, "data": entries, "dataFrom": entries}
    for value in (spec, body, {"target": {"template": {"templateFrom": entries, "data": target}}}):
        resource = shell.changed({**shell.value, "spec": value}, {})
        for keys in (fetched(resource, SPEC, find), secret_keys(resource, SPEC, find)):
            assert keys.exact or keys.why
            for route in keys.named.values():
                assert exists(resource.value, route)


def test_half_of_the_users_of_data_from_have_known_keys(shared: Path) -> None:
    known = total = 0
    for path in (shared / "corpus").rglob("*.y*ml"):
        text = path.read_text(errors="replace")
        if "dataFrom" not in text or "ExternalSecret" not in text:
            continue
        for document in read_text(text, path.name)[0]:
            for resource in resources(document):
                base = EXTERNAL_SECRETS.get(resource.kind)
                if base and resource.is_eso and resource.get(*base, "dataFrom"):
                    total += 1
                    known += secret_keys(resource, base).exact
    print(f"{known} of {total} ExternalSecrets with dataFrom have exactly known keys")
    assert total > 380
    assert known / total > 0.43
