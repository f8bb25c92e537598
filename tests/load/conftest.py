"""Fixtures of the fleet's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_cloud import TinyCloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[TinyCloud]:
    cloud = TinyCloud(tmp_path)
    cloud.start()
    yield cloud
    cloud.stop()
