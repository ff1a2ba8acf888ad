"""What a reader may set for a page, and the scan for barriers that every page passes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

axe = pytest.importorskip("axe_selenium_python", reason="looks for barriers: pip install axe-selenium-python")


@contextmanager
def viewed(driver, *, width: int | None = None, mobile: bool = False, **prefers: str) -> Iterator[None]:
    """The page in a window of a width in pixels, for a reader who prefers, say, `color_scheme="dark"`."""
    features = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in prefers.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    if width is not None:
        size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": mobile}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield
    finally:
        unset = [{"name": feature["name"], "value": ""} for feature in features]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": unset})
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def check_barriers(driver, part: str | None = None) -> None:
    """Fail if axe finds a barrier on the page, or in the part that a selector names."""
    scan = axe.Axe(driver)
    scan.inject()
    found = scan.run(part)["violations"]
    assert not found, scan.report(found)
