"""Which providers are outside the cluster, as far as a store says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esolint.checks.sync import refresh_interval_too_short
from esolint.graph import Environment
from esolint.resource import resources
from esolint.source import read_text

CONSUMER = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "metadata": {"name": "app", "namespace": "shop"},
    "spec": {
        "refreshInterval": "10s",
        "secretStoreRef": {"name": "one"},
        "dataFrom": [{"extract": {"key": "app"}}],
    },
}


@pytest.mark.parametrize(
    ("provider", "outside"),
    [
        ({"aws": {"service": "SecretsManager", "region": "${REGION}"}}, True),
        ({"azurekv": {"vaultUrl": "https://shop.vault.azure.net"}}, True),
        ({"azurekv": {"vaultUrl": "${VAULT}"}}, False),
        ({"vault": {"server": "https://vault.example.com"}}, True),
        ({"vault": {"server": "http://user@vault.example.com:8200/v1"}}, True),
        ({"vault": {"server": "http://vault:8200"}}, False),
        ({"vault": {"server": "http://vault.vault.svc"}}, False),
        ({"vault": {"server": "http://vault.vault.svc.cluster.local:8200"}}, False),
        ({"vault": {"server": "https://10.0.0.7:8200"}}, False),
        ({"onepassword": {"connectHost": "http://connect.external-secrets.svc"}}, False),
        ({"kubernetes": {"remoteNamespace": "billing"}}, False),
        ({"fake": {"data": []}}, False),
        ({}, False),
        ({"aws": {}, "vault": {}}, False),
        ({"aws": "${CONFIG}"}, False),
    ],
)
def test_where_a_provider_is(provider: dict[str, Any], outside: bool) -> None:
    store = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "one", "namespace": "shop"},
        "spec": {"provider": provider},
    }
    documents, _ = read_text(yaml.safe_dump_all([store, CONSUMER]), "manifest.yaml")
    found = [resource for document in documents for resource in resources(document)]

    findings = list(refresh_interval_too_short(Environment(found), min="1m"))

    assert bool(findings) is outside
