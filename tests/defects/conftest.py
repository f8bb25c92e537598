"""Registers the marker of the planted defects, which only this folder uses."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "defect: plants a defect in a copy of the product and expects red; slow")
