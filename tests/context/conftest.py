from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def _with_kubectl() -> None:
    """Skip where kubectl is missing; in CI that has to be said by a variable."""
    if shutil.which("kubectl"):
        return
    if os.environ.get("CI") == "true" and os.environ.get("ESOLINT_WITHOUT_KUBECTL") != "1":
        pytest.fail("kubectl is missing; ESOLINT_WITHOUT_KUBECTL=1 says that this is meant")
    pytest.skip("needs kubectl, whose kustomize says what is right")
