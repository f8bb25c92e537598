"""Whatever is asked of the Defender API and of Entra, they answer as documented, and never with 500."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import msgspec
from cloud_ground import API, MACHINE, Ground, on_cloud
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LOGIN = "https://login.microsoftonline.com"
PATHS = (
    "/machines", "/machines/$count", "/machines/findbytag", f"/machines/{MACHINE}", f"/machines/{MACHINE}/alerts", "/alerts",
    "/alerts/$count", "/machineactions", "/machines/findbyip(ip='10.0.0.1',timestamp=2026-01-05)",
)  # fmt: skip
POSTS = (
    f"/machines/{MACHINE}/isolate", f"/machines/{MACHINE}/runliveresponse", f"/machines/{MACHINE}/StopAndQuarantineFile",
    f"/machines/{MACHINE}/tags", f"/machines/{MACHINE}/setDeviceValue", "/alerts/CreateAlertByReference",
    "/alerts/batchUpdate", "/machines/AddOrRemoveTagForMultipleMachines",
)  # fmt: skip

texts = st.text(st.characters(codec="utf-8"), max_size=40)
words = st.lists(
    st.sampled_from(
        ["healthStatus", "eq", "ne", "gt", "'x'", "null", "and", "or", "not", "(", ")", "2026-01-05", "9" * 400, "machineTags",
         "/any(t: t eq 'a')", "startswith(computerDnsName,'a')", "lastSeen", "true", "'", "é", "-1", "0001-01-01T00:00:00+14:00"]
    )
).map(" ".join)  # fmt: skip
options = st.dictionaries(
    st.sampled_from(["$filter", "$top", "$skip", "$expand", "$count", "$orderby", "tag", "$"]),
    words | texts,
    max_size=4,
)
values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(
    st.sampled_from(["Comment", "Commands", "Sha1", "IsolationType", "Value", "Action", "MachineIds", "DeviceValue",
                     "alertIds", "status", "machineId", "eventTime", "reportId", "severity"]),
    values | st.just(MACHINE), max_size=8,
)  # fmt: skip


def on_ground(tmp_path: Path, story: object, examples: st.SearchStrategy[object]) -> None:
    """Run `story` with many examples against one cloud: hypothesis runs in a thread, its requests in the cloud's loop."""

    async def whole(ground: Ground) -> None:
        loop = asyncio.get_running_loop()
        await ground.enrol()
        await ground.move(minutes=6)
        token = (await ground.sign_in()).json()["access_token"]

        @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(examples)
        def run(example: object) -> None:
            # As many as fit into the quota of a minute.
            asyncio.run_coroutine_threadsafe(story(ground, token, example), loop).result(30)  # type: ignore[operator]

        await asyncio.to_thread(run)

    on_cloud(tmp_path, whole)


def test_any_query_is_answered(tmp_path: Path) -> None:
    async def story(ground: Ground, token: str, example: tuple[str, dict[str, str]]) -> None:
        path, query = example
        text = "&".join(f"{quote(name)}={quote(value)}" for name, value in query.items())
        got = await ground.send(f"https://{API}/api{quote(path, safe='/$(),=')}?{text}", token=token)
        assert got.status in (200, 400, 404), (path, query, got.body)
        if got.status != 200:
            assert set(got.json()["error"]) == {"code", "message", "target"}

    on_ground(tmp_path, story, st.tuples(st.sampled_from(PATHS), options))


def test_any_body_is_answered(tmp_path: Path) -> None:
    async def story(ground: Ground, token: str, example: tuple[str, object, bool]) -> None:
        path, body, is_whole = example
        content = msgspec.json.encode(body)
        got = await ground.send(f"https://{API}/api{path}", content if is_whole else content[:-1], token=token)
        assert got.status in (200, 201, 400, 404, 429), (path, body, got.body)

    on_ground(tmp_path, story, st.tuples(st.sampled_from(POSTS), bodies | values, st.booleans()))


def test_any_token_request_is_answered(tmp_path: Path) -> None:
    names = [
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "resource",
        "client_assertion",
        "client_assertion_type",
    ]

    async def story(ground: Ground, _: str, example: tuple[dict[str, str], str, str, bool]) -> None:
        form, tenant, authorization, is_own = example
        own = {"grant_type": "client_credentials", "client_id": ground.app[0]}
        own["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        named = ground.tenant.id if is_own else quote(tenant, safe="")
        body = "&".join(f"{name}={quote(value)}" for name, value in {**own, **form}.items())
        got = await ground.send(
            f"{LOGIN}/{named}/oauth2/v2.0/token",
            body.encode(),
            headers={"Authorization": f"Basic {quote(authorization)}"},
        )
        assert got.status in (400, 401, 404), (form, tenant, got.body)

    examples = st.tuples(st.dictionaries(st.sampled_from(names), texts), texts, texts, st.booleans())
    on_ground(tmp_path, story, examples)
