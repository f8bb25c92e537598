"""The control API against a client that we did not write: what it describes is what it answers."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from mdelab.lab.launch import launch
from mdelab.lab.wire import TenantSpec
from mdelab.model.device import DeviceSpec

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None,
    reason="schemathesis is not installed; `make conformance` installs it",
)

_CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance"

_CONFIG = """
[parameters]
"path.tenant" = "conformance"
"path.endpoint" = "lin-1"
"""


def test_any_request_gets_an_answer_that_the_description_promises(tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(_CONFIG)
    with launch() as lab:
        tenant = lab.create_tenant(TenantSpec(name="conformance"))
        tenant.add_endpoint(DeviceSpec(name="lin-1"))
        command = [
            *(
                str(Path(sys.executable).with_name("schemathesis")),
                "--config-file",
                str(tmp_path / "schemathesis.toml"),
            ),
            *("run", f"{lab.address}/openapi.json", "-H", f"Authorization: Bearer {lab.token}"),
            *("--checks", _CHECKS, "-n", "20", "--phases", "coverage,fuzzing", "--seed", "1", "--no-color"),
            # Stopping the lab or deleting what the others use would end the test; schemathesis cannot read the schema
            # of a pair in a pair, which fleets answer with.
            *("--exclude-path", "/v1/lab/stop", "--exclude-path-regex", "fleets$", "--exclude-method", "DELETE"),
        ]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert lab.tenant("conformance").endpoint("lin-1").state == "fresh", "the lab goes on"
        lab.close()
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
