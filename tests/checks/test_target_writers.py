"""Two that write one Secret: which policies get into each other's way, and where."""

from __future__ import annotations

import re
from itertools import combinations_with_replacement

import pytest
import yaml

from esolint import engine
from esolint.engine import ActiveRule
from esolint.environments import Settings, surroundings
from esolint.locate import Located
from esolint.repository import Input, read
from esolint.rule import load_rules
from esolint.schema import Version
from esolint.value import Value, format_route, mapping

COLLISION = "target-collision"
IN_GIT = "target-also-in-git"
POLICIES = ("Owner", "Orphan", "Merge", "CreateOrMerge", "None")


def report(rule: str, files: dict[str, str], version: Version | None = None) -> list[Located]:
    repository = read(Input(path, text.encode()) for path, text in files.items())
    settings = Settings(eso_versions=[version] if version else [])
    active = ActiveRule(load_rules()[rule], load_rules()[rule].defaults())
    return engine.check(repository, surroundings(repository, settings).environments, [active])


def told(rule: str, *objects: dict[str, Value], version: Version | None = None) -> list[str]:
    found = report(rule, {"manifest.yaml": yaml.safe_dump_all(objects)}, version)
    return [located.finding.message for located in found]


def external(
    name: str, policy: str = "Owner", key: str = "a", target: str = "settings", **more: Value
) -> dict[str, Value]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "secretStoreRef": {"name": "vault"},
            "target": {"name": target, "creationPolicy": policy},
            "data": [{"secretKey": key, "remoteRef": {"key": name}}],
            **more,
        },
    }


def cluster_wide(name: str, *namespaces: str, **more: Value) -> dict[str, Value]:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterExternalSecret",
        "metadata": {"name": name},
        "spec": {
            "namespaces": [*namespaces],
            "externalSecretSpec": external("child", target=name)["spec"],
            **more,
        },
    }


# What ESO does with each pair, one key being in both.
EXPECTED = {
    frozenset(("Owner",)): "each wants to own it",
    frozenset(("Owner", "Orphan")): "owns it, and ESO refuses the one with creationPolicy Orphan",
    frozenset(("Owner", "Merge")): "owns it, and ESO refuses the one with creationPolicy Merge",
    frozenset(("Owner", "CreateOrMerge")): "ESO refuses the one with creationPolicy CreateOrMerge",
    frozenset(("Orphan",)): "each refresh removes the keys of the other",
    frozenset(("Orphan", "Merge")): "each refresh removes the keys of the other",
    frozenset(("Orphan", "CreateOrMerge")): "each refresh removes the keys of the other",
    frozenset(("Merge",)): 'both set "a"',
    frozenset(("Merge", "CreateOrMerge")): 'both set "a"',
    frozenset(("CreateOrMerge",)): 'both set "a"',
}


@pytest.mark.parametrize(("one", "other"), [*combinations_with_replacement(POLICIES, 2)])
def test_each_pair_of_policies(one: str, other: str) -> None:
    expected = EXPECTED.get(frozenset((one, other)))
    for first, second in ((one, other), (other, one)):
        found = told(COLLISION, external("one", first), external("two", second))
        assert len(found) == (expected is not None), found
        if expected:
            assert expected in found[0]


@pytest.mark.parametrize(("one", "other"), [*combinations_with_replacement(POLICIES, 2)])
def test_each_pair_of_policies_with_keys_of_their_own(one: str, other: str) -> None:
    found = told(COLLISION, external("one", one), external("two", other, key="b"))
    only_merge = {one, other} <= {"Merge", "CreateOrMerge"}
    assert bool(found) is ("None" not in (one, other) and not only_merge)


def test_the_owner_is_named() -> None:
    (message,) = told(COLLISION, external("one", "Merge"), external("two"))
    assert 'as ExternalSecret "one" does: ExternalSecret "two" owns it' in message


def test_before_0_11_an_owned_secret_could_be_merged_into() -> None:
    objects = external("one"), external("two", "Merge")
    assert told(COLLISION, *objects, version=Version(0, 10)) == []
    assert told(COLLISION, *objects, version=Version(0, 11)) != []
    assert told(COLLISION, external("one"), external("two"), version=Version(0, 10)) != []


def test_one_finding_for_each_that_comes_too_late() -> None:
    found = report(
        COLLISION, {"m.yaml": yaml.safe_dump_all([external(n) for n in ("one", "two", "six")])}
    )
    assert [located.finding.resource.name for located in found] == ["two", "six"]
    assert {note.resource.name for f in found for note in f.finding.related} == {"one"}
    assert {format_route(f.finding.route) for f in found} == {"spec.target.name"}


def test_the_name_is_that_of_the_external_secret_where_no_target_has_one() -> None:
    nameless = external("settings")
    nameless["spec"] = {**mapping(nameless["spec"]), "target": {}}
    (found,) = report(COLLISION, {"m.yaml": yaml.safe_dump_all([external("one"), nameless])})
    assert found.finding.route == ("metadata", "name")


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"name": "two", "namespace": "billing"}},
        {"metadata": {"name": "two"}},
        {"metadata": {"name": "two", "namespace": "${NS}"}},
        {"metadata": {"name": "one", "namespace": "shop"}},  # the same object
        {"spec": {"target": {"name": "${NAME}"}}},
        {"spec": {"target": {"name": "settings", "creationPolicy": "${POLICY}"}}},
        {"spec": {"target": {"name": "settings", "manifest": {"kind": "ConfigMap"}}}},
        {"spec": {"target": {"name": "settings", "manifest": {"kind": "Secret"}}}},
    ],
)
def test_what_is_not_known_or_not_the_same_is_no_collision(change: dict[str, Value]) -> None:
    assert told(COLLISION, external("one"), {**external("two"), **change}) == []


def test_the_children_of_several_namespaces_are_one_finding() -> None:
    pull = cluster_wide("pull", "shop", "billing")
    more = cluster_wide("more", "billing", "shop", "other")
    assert told(COLLISION, pull, more) == []  # their targets have names of their own
    more["spec"] = {
        **mapping(more["spec"]),
        "externalSecretSpec": external("x", target="pull")["spec"],
    }
    (message,) = told(COLLISION, pull, more)
    assert 'in namespaces "billing", "shop", as ' in message


def test_the_name_of_a_child_is_taken() -> None:
    there = external("pull", target="other")
    for objects in ((there, cluster_wide("pull", "shop")), (cluster_wide("pull", "shop"), there)):
        (message,) = told(COLLISION, *objects)
        assert re.match(r'ClusterExternalSecret "pull" makes the ExternalSecret "pull"', message)
    assert told(COLLISION, there, cluster_wide("pull", "billing")) == []
    named = cluster_wide("x", "shop", externalSecretName="pull")
    (message,) = told(COLLISION, cluster_wide("pull", "shop"), named)
    assert 'as ClusterExternalSecret "pull" does' in message


BASE = yaml.safe_dump(
    {
        **external("app"),
        "metadata": {"name": "app"},
    }
)
SYNC = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: "ssh://git@example.com/fleet"}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./cluster, sourceRef: {kind: GitRepository, name: flux-system}}
"""
APP = """\
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec: {path: ./apps/%s, sourceRef: {kind: GitRepository, name: flux-system}}
"""
FLEET = {
    "cluster/flux-system/gotk-sync.yaml": SYNC,
    "cluster/apps.yaml": APP % ("blue", "blue") + APP % ("green", "green"),
    "apps/base/kustomization.yaml": "resources: [app.yaml]\n",
    "apps/base/app.yaml": BASE,
}
OVERLAY = "namespace: shop\nresources: [../base]\n"


def overlays(blue: str, green: str) -> list[str]:
    files = {
        "apps/blue/kustomization.yaml": OVERLAY + blue,
        "apps/green/kustomization.yaml": OVERLAY + green,
    }
    return [located.finding.message for located in report(COLLISION, {**FLEET, **files})]


def test_one_source_that_a_cluster_gets_twice() -> None:
    (message,) = overlays("namePrefix: blue-\n", "namePrefix: green-\n")
    assert message.startswith('ExternalSecret "green-app" writes the Secret "settings"')
    assert 'as ExternalSecret "blue-app" does' in message


def test_the_same_object_twice_is_one_unless_it_differs() -> None:
    assert overlays("", "commonAnnotations: {a: b}\n") == []
    patch = (
        "patches: [{target: {kind: ExternalSecret}, "
        'patch: "[{op: replace, path: /spec/data/0/secretKey, value: other}]"}]\n'
    )
    (message,) = overlays("", patch)
    assert "is rendered twice" in message
    assert "blue" in message
    assert "green" in message


def test_overlays_of_two_namespaces() -> None:
    files = {
        "apps/blue/kustomization.yaml": OVERLAY,
        "apps/green/kustomization.yaml": OVERLAY.replace("shop", "billing"),
    }
    assert report(COLLISION, {**FLEET, **files}) == []


# target-also-in-git


def secret(**metadata: Value) -> dict[str, Value]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "settings", "namespace": "shop", **metadata},
        "stringData": {"token": "example"},
    }


@pytest.mark.parametrize(
    ("policy", "count"),
    [("Owner", 1), ("Orphan", 1), ("Merge", 0), ("CreateOrMerge", 0), ("None", 0)],
)
def test_policies_that_take_a_secret_over(policy: str, count: int) -> None:
    assert len(told(IN_GIT, external("one", policy), secret())) == count


@pytest.mark.parametrize(
    "there",
    [
        secret(annotations={"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}),
        secret(annotations={"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}),
        secret(annotations={"argocd.argoproj.io/hook": "PreSync"}),
        secret(labels={"example.com/role": "bootstrap"}),
        secret(namespace="billing"),
        secret(namespace="${NS}"),
        secret(name="${NAME}"),
        {**secret(), "stringData": {}},
    ],
)
def test_seeds_and_others(there: dict[str, Value]) -> None:
    assert told(IN_GIT, external("one"), there) == []


def test_what_the_repository_itself_is_called_is_no_sign_of_a_seed() -> None:
    objects = yaml.safe_dump_all([external("app"), secret()])
    repository = read([Input("../bootstrap/apps/a.yaml", objects.encode())])
    active = ActiveRule(load_rules()[IN_GIT], load_rules()[IN_GIT].defaults())
    for root, count in (("../bootstrap", 1), (".", 0)):
        around = surroundings(repository, Settings(root=root))
        assert len(engine.check(repository, around.environments, [active])) == count


def test_a_name_that_only_holds_the_word_is_no_seed() -> None:
    spare = secret(labels={"app": "linseedoil"})
    assert len(told(IN_GIT, external("one"), spare)) == 1


def test_what_an_application_ignores() -> None:
    application: dict[str, Value] = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "app", "namespace": "argocd"},
        "spec": {
            "source": {"repoURL": "https://example.com/fleet.git", "path": "app"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
        },
    }
    files = {
        "argo/app.yaml": yaml.safe_dump(application),
        "app/kustomization.yaml": "namespace: shop\nresources: [a.yaml]\n",
        "app/a.yaml": yaml.safe_dump_all([external("one"), secret()]),
    }
    assert len(report(IN_GIT, files)) == 1
    ignored: Value = [{"kind": "Secret", "jsonPointers": ["/data"]}]
    application["spec"] = {**mapping(application["spec"]), "ignoreDifferences": ignored}
    assert report(IN_GIT, {**files, "argo/app.yaml": yaml.safe_dump(application)}) == []
