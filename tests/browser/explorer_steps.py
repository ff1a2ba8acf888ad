"""What a reader does on the explorer's page, for its tests."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait


def open_first(driver, page):
    """The explorer as at the first visit, when the browser keeps nothing."""
    driver.get(page.as_uri())
    driver.execute_script("localStorage.clear()")
    driver.get("about:blank")
    driver.get(page.as_uri())
    return driver


def element(driver, name):
    return driver.find_element(By.ID, f"explorer-{name}")


def rows(driver) -> list[list[str]]:
    """The table of layers, once all of it is drawn."""
    table = element(driver, "table")
    WebDriverWait(driver, 60).until(lambda _: table.get_attribute("aria-busy") == "false")
    return driver.execute_script(
        "return [...arguments[0].tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent))", table
    )


def write(driver, text: str) -> None:
    """Put the text into the box, by the keyboard, and go on to the next field."""
    field = element(driver, "stack")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.BACKSPACE, text)
    element(driver, "kind").send_keys("")


def press(driver, control) -> None:
    """Click the control, scrolled to where neither the book's bar nor the totals cover it."""
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", control)
    control.click()


def load(driver, name: str) -> None:
    driver.execute_script(
        "const choice = document.getElementById('explorer-preset'); choice.value = arguments[0];"
        "choice.dispatchEvent(new Event('change'))",
        name,
    )


def problem(driver, wait: float = 10) -> str:
    """The mistake that is told, which comes when the reader rests."""
    message = element(driver, "problem")
    WebDriverWait(driver, wait).until(lambda _: message.text)
    return message.text
