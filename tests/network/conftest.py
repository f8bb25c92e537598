from pathlib import Path

import network_rig
import pytest


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> network_rig.Authorities:
    folder: Path = tmp_path_factory.mktemp("authorities")
    return network_rig.authorities(folder)
