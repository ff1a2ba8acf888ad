"""The ledger's list of claims in a real browser: without its script, filtered, and in the order of the lecture."""

import shutil
from pathlib import Path

import pytest

from cs231n_arch import claims
from cs231n_arch.claims.page import page

selenium = pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

from tests.browser.views import check_barriers  # noqa: E402

STATIC = Path(__file__).parents[2] / "book" / "_static"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The list as a page, with and without its script."""
    folder = tmp_path_factory.mktemp("ledger")
    body = page(claims.check())._repr_html_()
    for name in ("ledger.js", "ledger.css"):
        shutil.copy(STATIC / name, folder)
    for name, script in (("with", '<script src="ledger.js"></script>'), ("without", "")):
        (folder / f"{name}.html").write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ledger</title>'
            f'<link rel="stylesheet" href="ledger.css">{script}</head><body><main><h1>Ledger</h1>{body}</main>'
            "</body></html>",
            encoding="utf-8",
        )
    return folder


def shown(driver) -> list[str]:
    rows = "[...document.querySelectorAll('.ledger-rows > li')].filter((row) => row.offsetParent)"
    return driver.execute_script(f"return {rows}.map((row) => row.id)")


def test_without_its_script_the_list_is_whole_and_has_no_dead_controls(driver, files):
    driver.get((files / "without.html").as_uri())
    assert shown(driver) == list(claims.ledger()["id"])
    assert not driver.find_element(By.CSS_SELECTOR, ".ledger-filter").is_displayed()


def test_words_chapter_and_verdict_filter(driver, files):
    driver.get((files / "with.html").as_uri())
    ledger = claims.ledger()
    Select(driver.find_element(By.NAME, "chapter")).select_by_value("vgg")
    assert shown(driver) == list(ledger.loc[ledger["chapter"] == "vgg", "id"])
    Select(driver.find_element(By.NAME, "verdict")).select_by_value("differs")
    few = shown(driver)
    assert "vgg-memory" in few
    assert "vgg-138m" not in few
    driver.find_element(By.NAME, "words").send_keys("96 MB image")
    assert shown(driver) == ["vgg-memory"]
    count = driver.find_element(By.CSS_SELECTOR, ".ledger-count").text
    assert count == f"1 of {len(ledger)} claims"


def test_the_order_of_the_lecture(driver, files):
    driver.get((files / "with.html").as_uri())
    Select(driver.find_element(By.NAME, "order")).select_by_value("lecture")
    seconds = claims.ledger().set_index("id")["seconds"]
    order = [seconds[name] for name in shown(driver)]
    said = [second for second in order if second == second]
    assert said == sorted(said)
    assert order[: len(said)] == said, "what the lecture does not say stands behind"


def test_an_anchor_leads_to_its_claim_whose_check_can_be_opened(driver, files):
    driver.get(f"{(files / 'with.html').as_uri()}#resnet-zero")
    row = driver.find_element(By.ID, "resnet-zero")
    assert 0 <= driver.execute_script("return arguments[0].getBoundingClientRect().top", row) < 400
    code = row.find_element(By.TAG_NAME, "pre")
    assert not code.is_displayed()
    row.find_element(By.TAG_NAME, "summary").click()
    assert 'checks("resnet-zero")' in code.text


def test_no_barriers(driver, files):
    driver.get((files / "with.html").as_uri())
    check_barriers(driver)
