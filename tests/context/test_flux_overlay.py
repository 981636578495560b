"""What is claimed under a Flux Kustomization equals what kubectl renders of the fields together."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from flux_world import of_texts
from kustomize_oracle import compare, rendered

from esolint.context import flux
from esolint.context.flux.substitution import style
from esolint.resource import Resource

STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {fake: {data: []}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: anything}
"""
CONSUMER = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: token, labels: {app: web}}
spec:
  secretStoreRef: {name: vault}
  dataFrom: [{extract: {key: a}}]
"""
COMPONENT = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
namePrefix: c-
resources: [added.yaml]
patches: [{target: {kind: ExternalSecret}, patch: '[{"op": "add", "path": "/spec/c", "value": 1}]'}]
"""
FILES = {
    "app/store.yaml": STORE,
    "app/deep/consumer.yaml": CONSUMER,
    "component/kustomization.yaml": COMPONENT,
    "component/added.yaml": CONSUMER.replace("token", "added"),
    "outside.yaml": CONSUMER.replace("token", "outside"),
}
PATCH = (
    '{target: {kind: ExternalSecret}, patch: \'[{"op": "add", "path": "/spec/p", "value": 2}]\'}'
)
OWN_PATCH = (
    '{target: {kind: ExternalSecret}, patch: \'[{"op": "add", "path": "/spec/p", "value": 1}]\'}'
)

# name → the kustomization of the folder ("" for none), the fields of the Kustomization, and
# the kustomization that both come to.
CASES = {
    "nothing added": ("", "prune: true", "resources: [deep/consumer.yaml, store.yaml]"),
    "namespace": (
        "namespace: old\nresources: [store.yaml, deep/consumer.yaml]",
        "targetNamespace: shop",
        "namespace: shop\nresources: [store.yaml, deep/consumer.yaml]",
    ),
    "affixes": (
        "namePrefix: old-\nresources: [deep/consumer.yaml]",
        "namePrefix: new-\n  nameSuffix: -x",
        "namePrefix: new-\nnameSuffix: -x\nresources: [deep/consumer.yaml]",
    ),
    "components behind patches": (
        f"resources: [deep/consumer.yaml]\npatches: [{OWN_PATCH}]",
        f"components: [../component]\n  patches: [{PATCH}]",
        "resources: [deep/consumer.yaml]\ncomponents: [../component]\n"
        f"patches: [{OWN_PATCH}, {PATCH}]",
    ),
    "a merge without a target": (
        "resources: [deep/consumer.yaml]",
        "patches: [{patch: 'apiVersion: external-secrets.io/v1\n\n    kind: ExternalSecret\n\n"
        "    metadata: {name: token}\n\n    spec: {refreshInterval: 1h}'}]",
        "resources: [deep/consumer.yaml]\npatches: [{patch: 'apiVersion: external-secrets.io/v1"
        "\n\n  kind: ExternalSecret\n\n  metadata: {name: token}\n\n"
        "  spec: {refreshInterval: 1h}'}]",
    ),
    "a file outside": (
        "resources: [../outside.yaml]",
        "targetNamespace: shop",
        "namespace: shop\nresources: [../outside.yaml]",
    ),
}


@pytest.mark.usefixtures("_with_kubectl")
@pytest.mark.parametrize("name", CASES)
def test_a_reading_is_what_kubectl_renders(name: str, tmp_path: Path) -> None:
    own, spec, together = CASES[name]
    sync = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: app, namespace: flux-system}}\nspec:\n  path: app\n  {spec}\n"
    )
    files = {**FILES, "sync.yaml": sync, **({"app/kustomization.yaml": own} if own else {})}
    around, objects = of_texts(files)
    rendering = flux.render(next(filter(flux.is_kustomization, objects)), around)
    assert rendering is not None

    for path, text in {**FILES, "app/kustomization.yaml": together}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    command = ["kubectl", "kustomize", "app", "--load-restrictor=LoadRestrictionsNone"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr

    claims = compare(rendering, run.stdout)
    assert rendering.problems == ()
    assert claims.wrong == ()
    assert claims.whole_objects == claims.objects == len(rendered(run.stdout))
    assert _ids(list(rendering.resources)) == _ids(rendered(run.stdout))


def _ids(resources: list[Resource]) -> list[tuple[str, str | None, str]]:
    return sorted((r.kind, r.namespace or "", r.name) for r in resources)


TEXTS = (
    *("${X}", "a${X}", "3${X}", "-${X}", "}${X}", "a: ${X}", "${X}:", "${X} #x", "${X}#x"),
    *("'${X}'", "- ${X}", "? ${X}", "* ${X}", " ${X}", "${X} ", "%${X}", "--- ${X}", "a\t${X}"),
    *("a\n${X}\n", " a\n${X}\n\n", "a \n${X}", "\n${X}", "${X:-a b}", "x " * 60 + "${X}", "é${X}"),
)


@pytest.mark.usefixtures("_with_kubectl")
def test_texts_are_written_as_kustomize_writes_them(tmp_path: Path) -> None:
    data = {f"k{i:03}": text for i, text in enumerate(TEXTS)}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}
    (tmp_path / "texts.yaml").write_text(json.dumps(made))
    (tmp_path / "kustomization.yaml").write_text("resources: [texts.yaml]\n")
    run = subprocess.run(["kubectl", "kustomize", str(tmp_path)], capture_output=True, text=True)

    styles = {"'": "single", '"': "double", "|": "literal"}
    first = re.findall(r"(?m)^  k\d{3}: (.)", run.stdout)
    assert [style(text) for text in TEXTS] == [styles.get(sign, "plain") for sign in first]
