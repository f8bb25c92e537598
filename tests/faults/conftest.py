"""One lab for the tests of faults: each makes tenants of its own in it."""

from collections.abc import Iterator

import pytest

from mdelab.lab.client import LabClient
from mdelab.lab.launch import launch


@pytest.fixture(scope="session")
def lab() -> Iterator[LabClient]:
    with launch() as client:
        yield client
        client.close()
