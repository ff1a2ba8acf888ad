"""The page that sees: SqueezeNet 1.1 with trained weights runs in the reader's browser, on any photograph.

The page is one piece of HTML without any outside resource, so it works from a folder, in a notebook and offline.
Its JavaScript has no number of the network in it: layers come from the model, weights from the compressed
file of the library.
"""

import base64
import io
from importlib.resources import files

from torchvision.transforms.v2 import functional as transforms

from cs231n_arch.attribution import class_names
from cs231n_arch.data import photos
from cs231n_arch.explorer import Page, embed
from cs231n_arch.interop.pretrained_files import SHIPPED
from cs231n_arch.seeing.network import program

__all__ = ["page", "program"]

WORKER = ("codec", "kernel", "network", "worker")
SCRIPTS = ("photo", "draw", "page")
SAMPLES = ("coffee", "cat", "temple", "flower", "rocket", "astronaut")
SAMPLE_SIDE = 256  # pixels; the network sees the 227 in the middle


def samples() -> list[dict[str, str]]:
    """The photographs that the page offers: title, credit, and the middle square as a JPEG in base64."""
    found = photos()
    listed = []
    for name in SAMPLES:
        photo = found[name]
        square = transforms.center_crop(transforms.resize(photo.image, [SAMPLE_SIDE]), [SAMPLE_SIDE])
        file = io.BytesIO()
        transforms.to_pil_image(square).save(file, "JPEG", quality=85)
        credit = f"Photograph: {photo.credit} ({photo.licence}), from {photo.source}, cut and made smaller."
        listed.append({"title": name, "credit": credit, "jpeg": base64.b64encode(file.getvalue()).decode("ascii")})
    return listed


def page() -> Page:
    """The page, with its weights and sample photographs inside; about 1.6 MB.

    Raises:
        DataUnavailableError: scikit-image, from which the photographs come, is not installed.
    """
    here = files(__name__)

    def text(name: str) -> str:
        return (here / name).read_text(encoding="utf-8")

    data = {"program": program(), "names": class_names(), "samples": samples()}
    weights = base64.b64encode(SHIPPED.read_bytes()).decode("ascii")
    worker = "".join(text(f"{name}.js") for name in WORKER)
    scripts = "".join(f"<script>{text(f'{name}.js')}</script>" for name in SCRIPTS)
    return Page(
        f"<style>{text('style.css')}</style>{text('page.html')}"
        f"{embed('seeing-data', data)}"
        f'<script type="text/plain" id="seeing-weights">{weights}</script>'
        f'<script type="text/plain" id="seeing-worker">{worker}</script>{scripts}'
    )
