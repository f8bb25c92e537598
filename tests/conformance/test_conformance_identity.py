"""Clients that we did not write sign in and ask the Defender API, unchanged: msal, azure-identity, requests, and curl."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from mdelab.cli.child import environment
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import ApplicationSpec, TenantSpec
from mdelab.model.device import DeviceSpec

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("azure") is None or importlib.util.find_spec("msal") is None,
    reason="msal and azure-identity are not installed; `make conformance` installs them",
)

_ASK = """
import json, requests
def ask(token):
    machines = requests.get(
        "https://api.securitycenter.microsoft.com/api/machines",
        headers={"Authorization": "Bearer " + token},
        timeout=30,
    )
    machines.raise_for_status()
    print(json.dumps([machine["healthStatus"] for machine in machines.json()["value"]]))
"""

_MSAL = """
import sys, msal
tenant, client_id, secret = sys.argv[1:]
app = msal.ConfidentialClientApplication(
    client_id, authority=f"https://login.microsoftonline.com/{tenant}", client_credential=secret
)
answer = app.acquire_token_for_client(["https://api.securitycenter.microsoft.com/.default"])
if "access_token" not in answer:
    print(json.dumps(answer))
    sys.exit(1)
ask(answer["access_token"])
"""

_MSAL_CERTIFICATE = """
import sys, msal
tenant, client_id, key, certificate = sys.argv[1:]
app = msal.ConfidentialClientApplication(
    client_id, authority=f"https://login.microsoftonline.com/{tenant}",
    client_credential={"private_key": key, "public_certificate": certificate},
)
answer = app.acquire_token_for_client(["https://api.securitycenter.microsoft.com/.default"])
if "access_token" not in answer:
    print(json.dumps(answer))
    sys.exit(1)
ask(answer["access_token"])
"""

_AZURE = """
import sys
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
tenant, client_id, secret = sys.argv[1:]
try:
    token = ClientSecretCredential(tenant, client_id, secret).get_token(
        "https://api.securitycenter.microsoft.com/.default"
    )
except ClientAuthenticationError as error:
    print(error)
    sys.exit(1)
ask(token.token)
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[LabClient]:
    with launch() as running:
        yield running
        running.close()


@pytest.fixture(scope="module")
def tenant(lab: LabClient) -> TenantClient:
    """Its clock is held: nothing that a client does by the host's time may matter."""
    made = lab.create_tenant(TenantSpec(name="conformance"))
    made.add_endpoint(DeviceSpec(name="lin-1"))
    made.place_package("lin-1", "onboarding")
    made.move(seconds=1200)
    return made


def run(lab: LabClient, client: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A client in a process of its own, with the settings that `mdelab run` gives."""
    return subprocess.run(
        [sys.executable, "-c", _ASK + client, *arguments],
        env=environment(lab.info(), os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("client", [_MSAL, _AZURE], ids=["msal", "azure-identity"])
def test_a_library_signs_in_and_requests_lists_the_onboarded_device(
    lab: LabClient, tenant: TenantClient, client: str
) -> None:
    app = tenant.info().api
    good = run(lab, client, tenant.id, app.client_id, app.client_secret)
    assert good.returncode == 0, good.stdout + good.stderr
    assert json.loads(good.stdout) == ["Active"]


@pytest.mark.parametrize("client", [_MSAL, _AZURE], ids=["msal", "azure-identity"])
def test_a_library_tells_entras_own_words_for_a_wrong_secret(lab: LabClient, tenant: TenantClient, client: str) -> None:
    bad = run(lab, client, tenant.id, tenant.info().api.client_id, "wrong")
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "AADSTS7000215: Invalid client secret provided" in bad.stdout


def test_msal_signs_in_with_a_certificate_where_the_tenants_clock_is_the_hosts(lab: LabClient) -> None:
    live = lab.create_tenant(TenantSpec(name="live", clock="live"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reader")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM).decode()
    )  # fmt: skip
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    app = live.create_application(
        ApplicationSpec(name="reader", roles=["Machine.Read.All"], secret_days=None, certificate=certificate)
    )
    done = run(lab, _MSAL_CERTIFICATE, live.id, app.client_id, pem, certificate)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_documents_curl_lines_work(lab: LabClient, tenant: TenantClient, version: str) -> None:
    curl = shutil.which("curl")
    assert curl is not None
    app, api = tenant.info().api, "https://api.securitycenter.microsoft.com"
    login = f"https://login.microsoftonline.com/{tenant.id}/oauth2"
    where = [f"{login}/token", "-d", f"resource={api}"] if version == "1" else [f"{login}/v2.0/token"]
    scope = [] if version == "1" else ["-d", f"scope={api}/.default"]
    secret = ["-d", f"client_id={app.client_id}", "--data-urlencode", f"client_secret={app.client_secret}"]

    def say(*arguments: str) -> dict[str, object]:
        command = [curl, "-sS", "--fail-with-body", "--max-time", "60", *arguments]
        done = subprocess.run(
            command, env=environment(lab.info(), os.environ), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    token = say(*where, *scope, *secret, "-d", "grant_type=client_credentials")["access_token"]
    found = say("-G", f"{api}/api/machines", "--data-urlencode", "$filter=healthStatus eq 'Active'", "-H",
                f"Authorization: Bearer {token}")  # fmt: skip
    assert len(found["value"]) == 1  # type: ignore[arg-type]
