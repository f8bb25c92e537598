"""Microsoft's own sign-in library and requests, unchanged, against the mock cloud."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from mdelab.cli.child import environment
from mdelab.lab.launch import launch
from mdelab.lab.wire import TenantSpec
from mdelab.model.device import DeviceSpec

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("msal") is None, reason="msal is not installed; `make conformance` installs it"
)

_CLIENT = """
import json, sys
import msal, requests
tenant, client_id, secret = sys.argv[1:]
app = msal.ConfidentialClientApplication(
    client_id, authority=f"https://login.microsoftonline.com/{tenant}", client_credential=secret
)
answer = app.acquire_token_for_client(["https://api.securitycenter.microsoft.com/.default"])
if "access_token" not in answer:
    print(json.dumps(answer))
    sys.exit(1)
machines = requests.get(
    "https://api.securitycenter.microsoft.com/api/machines",
    headers={"Authorization": "Bearer " + answer["access_token"]},
    timeout=30,
)
machines.raise_for_status()
print(json.dumps([machine["healthStatus"] for machine in machines.json()["value"]]))
"""


def test_msal_signs_in_and_requests_lists_the_onboarded_device() -> None:
    with launch() as lab:
        tenant = lab.create_tenant(TenantSpec(name="conformance"))
        tenant.add_endpoint(DeviceSpec(name="lin-1"))
        tenant.place_package("lin-1", "onboarding")
        tenant.move(seconds=1200)
        app = tenant.info().api
        settings = environment(lab.info(), os.environ)
        good, bad = (
            subprocess.run(
                [sys.executable, "-c", _CLIENT, tenant.id, app.client_id, secret],
                env=settings,
                capture_output=True,
                text=True,
                check=False,
            )
            for secret in (app.client_secret, "wrong")
        )
        lab.close()
    assert good.returncode == 0, good.stdout + good.stderr
    assert json.loads(good.stdout) == ["Active"]
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert 7000215 in json.loads(bad.stdout)["error_codes"]
