"""Chromium without a window, for printing the book and for looking at it."""

import shutil
from collections.abc import Mapping

from selenium import webdriver

NAMES = ("chromium", "chromium-browser", "google-chrome")
OFFLINE = "host-resolver-rules=MAP * ~NOTFOUND"  # it reaches nothing but files


def browser(*arguments: str, logs: Mapping[str, str] | None = None) -> webdriver.Chrome:
    """A new browser; whoever asks for it must quit it.

    Args:
        arguments: of the command line, without dashes.
        logs: which logs it keeps, and from which level on, such as {"browser": "ALL"}.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, NAMES)), "")
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", *arguments):
        options.add_argument(f"--{argument}")
    if logs:
        options.set_capability("goog:loggingPrefs", dict(logs))
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.command_executor.client_config.timeout = 900  # seconds: a busy machine prints the book in minutes
    return driver
