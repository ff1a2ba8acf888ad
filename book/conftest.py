"""The chapters as tests, `pytest --nbmake book`.

A warning in a chapter's kernel is an error, as it is in the tests.
"""

import os
from collections.abc import Generator
from unittest import mock

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item,
) -> Generator[None, object, object]:
    """Run one chapter; only the kernel that it starts sees the variable."""
    if (
        item.path.suffix != ".ipynb"
    ):  # pytest asks this of every test, wherever it is
        return (yield)
    with mock.patch.dict(os.environ, PYTHONWARNINGS="error"):
        return (yield)
