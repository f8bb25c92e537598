"""Entra by real requests: who gets a token and what is in it, which errors the others get, and who takes the token."""

import base64
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cloud_ground import API, Got, Ground, on_cloud
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry

from mdelab.catalogue.aadsts import codes
from mdelab.cloud.application import Application
from mdelab.cloud.entra.assertion import ASSERTION_TYPE
from mdelab.cloud.entra.registrations import add_secret, grant, register
from mdelab.model.clock import EPOCH
from mdelab.model.errors import LabError

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"


async def machines(ground: Ground, token: str) -> Got:
    return await ground.send(f"https://{API}/api/machines", token=token)


async def token_of(ground: Ground, application: Application, **changes: str) -> str:
    own = {"client_id": application.client_id, "client_secret": application.secrets[0].value}
    return str((await ground.sign_in(**own, **changes)).json()["access_token"])


def new_application(ground: Ground, *roles: str, **details: Any) -> Application:
    return register(ground.cloud.estate(ground.tenant), "reader", roles, **details)


def test_a_token_is_good_for_an_hour_of_the_tenants_time(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        token = (await ground.sign_in()).json()["access_token"]
        await ground.move(minutes=59)
        assert (await machines(ground, token)).status == 200
        await ground.move(minutes=1)
        got = await machines(ground, token)
        assert (got.status, got.json()["error"]["code"]) == (401, "Unauthorized")
        assert "expired" in got.json()["error"]["message"]

    on_cloud(tmp_path, story)


def test_a_token_that_is_missing_or_broken_is_refused(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        good = (await ground.sign_in()).json()["access_token"]
        head, claims, signature = good.split(".")
        flipped = ("B" if signature[5] == "A" else "A").join((signature[:5], signature[6:]))
        bad = [
            "",
            "x",
            "a.b.c",
            f"{head}.{claims}.{flipped}",
            f"{head}.{claims}x.{signature}",
            "eyJhbGciOiJub25lIn0.e30.",
        ]
        for token in bad:
            got = await machines(ground, token)
            assert (got.status, got.json()["error"]["code"]) == (401, "Unauthorized"), token
            assert set(got.json()["error"]) == {"code", "message", "target"}
        assert (await machines(ground, good)).status == 200

    on_cloud(tmp_path, story)


def test_a_token_for_another_api_is_refused_and_one_without_the_permission_forbidden(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        application = new_application(ground, "Alert.Read.All", "SecurityAlert.Read.All")
        graph = await token_of(ground, application, scope=f"{GRAPH}/.default")
        got = await machines(ground, graph)
        assert (got.status, got.json()["error"]["code"]) == (401, "Unauthorized")
        assert GRAPH in got.json()["error"]["message"]
        got = await machines(ground, await token_of(ground, application))
        assert (got.status, got.json()["error"]["code"]) == (403, "Forbidden")
        grant(application, [])
        assert "roles" not in claims_of(await token_of(ground, application))

    on_cloud(tmp_path, story)


def claims_of(token: str) -> dict[str, Any]:
    """As the documents tell a developer to look at them: without a check."""
    return _part(token, 1)


def _part(token: str, number: int) -> dict[str, Any]:
    return dict(msgspec.json.decode(base64.urlsafe_b64decode(token.split(".")[number] + "==")))


def header_of(token: str) -> dict[str, Any]:
    return _part(token, 0)


def test_a_token_for_the_defender_api_is_of_version_1_and_its_keys_are_published(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        application = new_application(ground, "Machine.Read.All", "SecurityAlert.Read.All")
        token = await token_of(ground, application)
        published = (await ground.send(f"{LOGIN}/{ground.tenant.id}/discovery/v2.0/keys")).json()
        assert all({"kty", "use", "kid", "x5t", "n", "e", "x5c"} <= set(key) for key in published["keys"])
        assert not any("d" in key for key in published["keys"])
        claims = jwt.decode(token, KeySet.import_key_set(published)).claims
        wanted = {
            "aud": f"https://{API}",
            "iss": f"https://sts.windows.net/{ground.tenant.id}/",
            "appid": application.client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": application.object_id,
            "sub": application.object_id,
            "roles": ["Machine.Read.All"],
            "tid": ground.tenant.id,
            "ver": "1.0",
        }
        assert {name: claims.get(name) for name in wanted} == wanted
        assert claims["exp"] - claims["iat"] == 3600
        assert header_of(token)["x5t"] == header_of(token)["kid"]

    on_cloud(tmp_path, story)


def test_a_token_for_an_application_of_the_tenant_is_of_version_2(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        application = new_application(ground)
        for scope in (f"{application.client_id}/.default", f"api://{application.client_id}/.default"):
            token = (await ground.sign_in(scope=scope)).json()["access_token"]
            claims = claims_of(token)
            assert (claims["aud"], claims["azp"], claims["ver"], claims["azpacr"]) == (
                application.client_id, ground.app[0], "2.0", "1",
            )  # fmt: skip
            assert claims["iss"] == f"{LOGIN}/{ground.tenant.id}/v2.0"
            assert "x5t" not in header_of(token)
            assert (await machines(ground, token)).status == 401

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000218),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 700016),
        ({"client_id": ""}, 900144),
        ({"grant_type": "password"}, 70003),
        ({"scope": ""}, 900144),
        ({"scope": f"https://{API}"}, 1002012),
        ({"scope": "/.default"}, 70011),
        ({"scope": "https://nobody.example/.default"}, 500011),
        ({"scope": "https://a/.default+https://b/.default"}, 700022),
        ({"client_secret": "", "client_assertion": "x"}, 7000218),
        ({"client_secret": "", "client_assertion": "x.y.z", "client_assertion_type": ASSERTION_TYPE}, 50027),
    ],
)
def test_a_wrong_sign_in_gets_entras_error(tmp_path: Path, changes: dict[str, str], code: int) -> None:
    async def story(ground: Ground) -> None:
        await ground.move(hours=3)
        asked = str(uuid.uuid4())
        got = await ground.sign_in(headers={"client-request-id": asked}, **changes)
        body, row = got.json(), codes()[code]
        assert (got.status, body["error"], body["error_codes"]) == (row.status, row.error, [code])
        assert body["error_description"].split("\r\n")[1:] == [
            f"Trace ID: {body['trace_id']}", f"Correlation ID: {asked}", "Timestamp: 2026-01-05 12:00:00Z",
        ]  # fmt: skip
        assert body["error_description"].startswith(f"AADSTS{code}: ")
        assert body["timestamp"] == "2026-01-05 12:00:00Z"
        assert ground.app[1] not in got.body.decode()

    on_cloud(tmp_path, story)


def test_the_secret_may_come_by_basic_authentication(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        for secret, status in ((ground.app[1], 200), ("wrong", 401)):
            basic = base64.b64encode(f"{ground.app[0]}:{secret}".encode()).decode()
            got = await ground.sign_in(client_id="", client_secret="", headers={"Authorization": f"Basic {basic}"})
            assert got.status == status, got.body
        broken = await ground.sign_in(client_id="", client_secret="", headers={"Authorization": "Basic %%%"})
        assert broken.json()["error_codes"] == [900144]

    on_cloud(tmp_path, story)


def test_a_secret_expires_and_another_one_can_be_added(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        estate = ground.cloud.estate(ground.tenant)
        application = new_application(ground, "Machine.Read.All", secret_lives=timedelta(days=30))
        own = {"client_id": application.client_id, "client_secret": application.secrets[0].value}
        await ground.move(days=29)
        assert (await ground.sign_in(**own)).status == 200
        await ground.move(days=1)
        assert (await ground.sign_in(**own)).json()["error_codes"] == [7000222]
        new = add_secret(estate, application, timedelta(days=30))
        assert (await ground.sign_in(**own | {"client_secret": new.value})).status == 200

    on_cloud(tmp_path, story)


def test_an_application_that_is_disabled_or_deleted_gets_no_token(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        application = new_application(ground, "Machine.Read.All")
        own = {"client_id": application.client_id, "client_secret": application.secrets[0].value}
        token = await token_of(ground, application)
        application.is_enabled = False
        assert (await ground.sign_in(**own)).json()["error_codes"] == [7000112]
        del ground.cloud.estate(ground.tenant).applications[application.client_id]
        assert (await ground.sign_in(**own)).json()["error_codes"] == [700016]
        assert (await machines(ground, token)).status == 200

    on_cloud(tmp_path, story)


def test_what_cannot_be_registered_says_why(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        with pytest.raises(LabError, match=r"'Machine\.Raed\.All' is no application permission .* Machine\.Read\.All"):
            new_application(ground, "Machine.Raed.All")
        with pytest.raises(LabError, match="PEM"):
            new_application(ground, certificate="no certificate")
        new_application(ground)
        with pytest.raises(LabError, match="Choose another name"):
            new_application(ground)

    on_cloud(tmp_path, story)


# Assertions


class Certified:
    """The private half of an application's certificate."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reader")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(7)
            .not_valid_before(EPOCH)
            .not_valid_after(EPOCH + timedelta(days=365))
            .sign(self.private, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, claims: dict[str, Any], named_by: str = "x5t") -> str:
        pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        names = {
            "x5t": _b64(self.certificate.fingerprint(hashes.SHA1())),
            "x5t#S256": _b64(self.certificate.fingerprint(hashes.SHA256())),
            "kid": self.certificate.fingerprint(hashes.SHA1()).hex().upper(),
        }
        algorithm = "PS256" if named_by == "x5t#S256" else "RS256"
        # msal sends the certificate too, which makes a header of more than a kilobyte.
        chain = [base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()]
        header = {"alg": algorithm, "typ": "JWT", named_by: names[named_by], "x5c": chain}
        registry = JWSRegistry(algorithms=[algorithm])
        registry.max_header_length = 16_384
        return jwt.encode(header, claims, RSAKey.import_key(pem), registry=registry)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def about(ground: Ground, application: Application, **changes: Any) -> dict[str, Any]:
    now = int(ground.tenant.clock.now().timestamp())
    own: dict[str, Any] = {
        "aud": f"{LOGIN}/{ground.tenant.id}/oauth2/v2.0/token",
        "iss": application.client_id,
        "sub": application.client_id,
        "jti": "1",
        "nbf": now,
        "exp": now + 600,
    }
    return own | changes


async def by_assertion(ground: Ground, application: Application, text: str) -> Got:
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text}
    return await ground.sign_in(client_id=application.client_id, client_secret="", **proof)


@pytest.mark.parametrize("named_by", ["x5t", "x5t#S256", "kid"])
def test_an_assertion_signed_with_the_certificates_key_gets_a_token(tmp_path: Path, named_by: str) -> None:
    async def story(ground: Ground) -> None:
        key = Certified()
        application = new_application(ground, "Machine.Read.All", secret_lives=None, certificate=key.pem)
        got = await by_assertion(ground, application, key.sign(about(ground, application), named_by))
        assert got.status == 200, got.body
        token = got.json()["access_token"]
        assert claims_of(token)["appidacr"] == "2"
        assert (await machines(ground, token)).status == 200

    on_cloud(tmp_path, story)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": 1}, 700024),
        ({"exp": None}, 700024),
        ({"nbf": 4_000_000_000, "exp": 4_000_000_600}, 700024),
        ({"aud": "https://login.example/token"}, 700023),
        ({"iss": "somebody"}, 700021),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused(tmp_path: Path, changes: dict[str, Any], code: int) -> None:
    async def story(ground: Ground) -> None:
        key = Certified()
        application = new_application(ground, certificate=key.pem)
        got = await by_assertion(ground, application, key.sign(about(ground, application, **changes)))
        assert got.json()["error_codes"] == [code], got.body

    on_cloud(tmp_path, story)


def test_an_assertion_of_another_key_is_refused(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        own, other = Certified(), Certified()
        application = new_application(ground, certificate=own.pem)
        got = await by_assertion(ground, application, other.sign(about(ground, application)))
        assert (got.status, got.json()["error_codes"]) == (401, [700027])
        other.certificate = own.certificate
        got = await by_assertion(ground, application, other.sign(about(ground, application)))
        assert got.json()["error_codes"] == [700027]

    on_cloud(tmp_path, story)


# Keys and discovery


def test_after_a_roll_over_old_tokens_are_good_while_their_key_is_published(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        keys_url = f"{LOGIN}/{ground.tenant.id}/discovery/v2.0/keys"
        before = (await ground.sign_in()).json()["access_token"]
        ground.cloud.keys.roll_over(ground.tenant)
        after = (await ground.sign_in()).json()["access_token"]
        kids = [key["kid"] for key in (await ground.send(keys_url)).json()["keys"]]
        assert kids == [header_of(after)["kid"], header_of(before)["kid"]]
        assert [(await machines(ground, token)).status for token in (before, after)] == [200, 200]
        common = (await ground.send(f"{LOGIN}/common/discovery/keys")).json()["keys"]
        assert {key["kid"] for key in common} == set(kids)
        await ground.move(hours=24)
        assert [key["kid"] for key in (await ground.send(keys_url)).json()["keys"]] == kids[:1]

    on_cloud(tmp_path, story)


def test_a_key_that_is_withdrawn_at_once_takes_its_tokens_with_it(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        before = (await ground.sign_in()).json()["access_token"]
        ground.cloud.keys.roll_over(ground.tenant, at_once=True)
        got = await machines(ground, before)
        assert (got.status, got.json()["error"]["code"]) == (401, "Unauthorized")
        assert (await machines(ground, (await ground.sign_in()).json()["access_token"])).status == 200

    on_cloud(tmp_path, story)


def test_discovery_leads_to_the_token_endpoint_and_the_keys(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        base = f"{LOGIN}/{ground.tenant.id}"
        found = (await ground.send(f"{base}/v2.0/.well-known/openid-configuration")).json()
        assert found["token_endpoint"] == f"{base}/oauth2/v2.0/token"
        assert found["issuer"] == f"{base}/v2.0"
        assert len((await ground.send(found["jwks_uri"])).json()["keys"]) == 1
        first = (await ground.send(f"{base}/.well-known/openid-configuration")).json()
        assert first["issuer"] == f"https://sts.windows.net/{ground.tenant.id}/"
        assert first["token_endpoint"] == f"{base}/oauth2/token"
        assert (await ground.send(first["jwks_uri"])).status == 200
        unknown = await ground.send(f"{LOGIN}/nobody/v2.0/.well-known/openid-configuration")
        assert (unknown.status, unknown.json()["error_codes"]) == (400, [90002])

    on_cloud(tmp_path, story)


def test_instance_discovery_knows_the_authoritys_own_names_only(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        url = f"{LOGIN}/common/discovery/instance?api-version=1.0&authorization_endpoint=https://"
        known = await ground.send(f"{url}login.microsoftonline.com/{ground.tenant.id}/oauth2/v2.0/authorize")
        assert known.json()["tenant_discovery_endpoint"].startswith(f"{LOGIN}/{ground.tenant.id}/v2.0/")
        for endpoint in ("login.example/x/oauth2/v2.0/authorize", "", "[/x"):
            got = await ground.send(url + endpoint)
            assert (got.status, got.json()["error"]) == (400, "invalid_instance")

    on_cloud(tmp_path, story)


def test_the_tenant_is_known_by_its_domain_and_must_be_named(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        form = f"grant_type=client_credentials&client_id={ground.app[0]}&client_secret={ground.app[1]}&scope=https://{API}/.default"
        for named, status in (("contoso.onmicrosoft.com", 200), ("common", 400), ("nobody.onmicrosoft.com", 400)):
            got = await ground.send(f"{LOGIN}/{named}/oauth2/v2.0/token", form.encode())
            assert got.status == status, got.body
        got = await ground.send(f"{LOGIN}/{ground.tenant.id}/oauth2/v2.0/token")
        assert got.json()["error_codes"] == [900561]

    on_cloud(tmp_path, story)


def test_version_1_of_the_token_endpoint_writes_numbers_as_texts(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        url = f"{LOGIN}/{ground.tenant.id}/oauth2/token"
        form = f"grant_type=client_credentials&client_id={ground.app[0]}&client_secret={ground.app[1]}"
        told = (await ground.send(url, f"{form}&resource=https://{API}".encode())).json()
        assert (told["expires_in"], told["resource"]) == ("3599", f"https://{API}")
        assert datetime.fromtimestamp(int(told["not_before"]), EPOCH.tzinfo) == EPOCH
        assert (await ground.send(f"https://{API}/api/v1.0/machines", token=told["access_token"])).status == 200
        assert (await ground.send(url, form.encode())).json()["error_codes"] == [900144]

    on_cloud(tmp_path, story)
