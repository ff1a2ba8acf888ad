"""The buttons above a chapter lead to its plain notebooks."""

from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

FOLDER = "notebooks"
ARCHIVES = {
    "notebooks": "all chapters as notebooks",
    "student-notebooks": "copies for students",
    "teacher-notebooks": "copies with open solutions",
}
PLACE = '<div class="editions"></div>'  # on the start page
BRANCH = "notebooks"  # where the pages workflow puts them, for Colab


def lead_to_plain(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: object,
) -> None:
    """Mend the addresses in the header of one page."""
    body, pathto = context.get("body"), context["pathto"]
    if isinstance(body, str) and PLACE in body:
        context["body"] = body.replace(PLACE, archives(pathto))
    name = pagename.rpartition("/")[2]
    if not str(context.get("page_source_suffix")).endswith(".ipynb"):
        return
    for group in context.get("header_buttons", ()):
        buttons = group.get("buttons", [])
        for button in buttons:
            if button["label"] == "download-source-button":
                button |= {
                    "url": pathto(f"{FOLDER}/{name}.ipynb", 1),
                    "tooltip": "Download the chapter as a notebook",
                }
            if button["label"] == "launch-colab":
                button["url"] = colab(app, name)
        if group.get("label") == "download-buttons":
            buttons.insert(
                1, student(pathto(f"{FOLDER}/student/{name}.ipynb", 1))
            )


def archives(pathto: Callable[[str, int], str]) -> str:
    """Links to the archives, and a place for those to the PDF and EPUB."""
    links = ", ".join(
        f'<a href="{pathto(f"{FOLDER}/{name}.zip", 1)}">{what}</a>'
        for name, what in ARCHIVES.items()
    )
    return (
        f'<p class="editions"><strong>To take away.</strong> {links}'
        '<span class="bound"></span>.</p>'
    )


def student(address: str) -> dict[str, str]:
    """A button for the copy without solutions."""
    return {
        "type": "link",
        "url": address,
        "text": ".ipynb, student copy",
        "tooltip": "Download the chapter without solutions",
        "icon": "fas fa-graduation-cap",
        "label": "download-student-button",
    }


def colab(app: Sphinx, name: str) -> str:
    """Where Colab opens the plain notebook."""
    repository = app.config.html_theme_options["repository_url"]
    path = repository.removeprefix("https://github.com/")
    site = "https://colab.research.google.com/github"
    return f"{site}/{path}/blob/{BRANCH}/{name}.ipynb"
