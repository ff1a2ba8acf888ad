"""What the moving figures share."""

from importlib.resources import files

from cs231n_arch.explorer import Page, embed

STILL = "In the HTML book a moving figure stands here; the figure above is a picture of it."


def piece(name: str, data: dict[str, object], caption: str) -> Page:
    """One figure: its data, its script and the style that all share.

    Args:
        name: of the script, without the ending.
        data: what the script works with; anything that JSON can hold.
        caption: what to notice.
    """
    here = files(__package__)

    def text(file: str) -> str:
        return (here / file).read_text(encoding="utf-8")

    return Page(
        f"<style>{text('style.css')}</style>"
        f'<figure class="moving" id="moving-{name}"><p>{STILL}</p></figure>'
        f"{embed(f'moving-{name}-data', {'caption': caption, **data})}"
        f"<script>{text('parts.js')}</script><script>{text(f'{name}.js')}</script>"
    )
