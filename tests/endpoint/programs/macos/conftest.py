"""A Mac for the programs' tests: the device of the folder above, as a Mac that has every profile it needs."""

from typing import Any

import pytest

from mdelab.model.platform import Platform


@pytest.fixture
def mac(device: Any) -> Any:
    device.set(name="mac-1", platform=Platform.MACOS, release="15.0.1", kernel="24.0.0", python="")
    return device
