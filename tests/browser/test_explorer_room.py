"""Nothing of the explorer moves when its scripts fill it, however late they do."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parents[2]
# The scripts run once the page has been seen.
LATE = """<script>
new PerformanceObserver(() => setTimeout(() => {
  for (const found of document.querySelectorAll("script[type=late]")) {
    const made = document.createElement("script");
    made.textContent = found.textContent;
    found.replaceWith(made);
  }
  requestAnimationFrame(() => requestAnimationFrame(() => document.title = "Filled"));
}, 50)).observe({ type: "paint", buffered: true });
</script>"""


@pytest.fixture
def budget(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    import budget

    yield budget
    sys.modules.pop("budget")


@pytest.mark.parametrize("width", [1300, 390])
def test_the_page_keeps_room_for_what_its_scripts_fill(driver, budget, explorer_html, width):
    built = explorer_html.read_text(encoding="utf-8")
    start = built.index('id="explorer-presets"')
    end = built.index("<section", start)
    page = explorer_html.with_name("late.html")
    page.write_text(
        built[:start] + built[start:end].replace("<script>", "<script type=late>") + LATE + built[end:]
    )
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        driver.get("about:blank")  # else the browser loads the same page again, and scrolls to where it was
        driver.get(page.as_uri())
        WebDriverWait(driver, 60).until(lambda _: driver.title == "Filled")
        assert driver.execute_script("return document.querySelectorAll('#explorer-table tbody tr').length") > 0
        assert budget.read_through(driver) <= budget.SHIFT  # without the room 0.10 and 0.07
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.unlink()
