"""What readers give to the page that sees: bad files, files of every kind, dropped images, the camera."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.seeing_page import choose_sample, element, give, pixels, seen, told, top, wait


def test_the_last_of_several_choices_is_shown(driver, seeing_html):
    driver.get(seeing_html.as_uri())
    driver.execute_script(
        "for (const number of [3, 5, 1]) document.querySelectorAll('#seeing-samples button')[number].click();"
    )
    wait(driver, lambda: "Stefan van der Walt" in element(driver, "credit").text)
    seen(driver)
    assert element(driver, "problem").text == ""
    assert element(driver, "state").text.endswith(f": {top(driver)[0][0]}")
    assert "Stefan van der Walt" in element(driver, "credit").text


def png(width=8, height=8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("empty.jpg", b"", "“empty.jpg” is empty."),
        ("words.jpg", b"no image at all", "“words.jpg” is no image that this browser can decode"),
        ("cut.png", png(300, 300)[:60], "“cut.png” begins as an image but is damaged or cut short"),
        (
            "huge.png",
            png()[:16] + (30_000).to_bytes(4, "big") * 2 + png()[24:],
            "“huge.png” has 30000 × 30000 pixels; this page takes up to 100 million.",
        ),
        ("heavy.bmp", bytes(50_000_001), "“heavy.bmp” has 50 MB; this page takes images of up to 50 MB."),
    ],
)
def test_a_bad_file_is_explained_and_the_last_image_stays(opened_seeing, tmp_path, name, content, wanted):
    before = pixels(opened_seeing), top(opened_seeing)
    (tmp_path / name).write_bytes(content)
    give(opened_seeing, tmp_path / name)
    assert wanted in told(opened_seeing)
    assert np.array_equal(pixels(opened_seeing), before[0])
    assert top(opened_seeing) == before[1]
    choose_sample(opened_seeing, 1)
    assert element(opened_seeing, "problem").text == ""


def test_cmyk_transparency_and_rotation(opened_seeing, tmp_path):
    Image.new("CMYK", (300, 300), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    give(opened_seeing, tmp_path / "print.jpg")
    seen(opened_seeing)
    red, green, blue = pixels(opened_seeing)[100, 100].astype(int)
    assert red > 180
    assert max(green, blue) < 90
    assert "CMYK" in element(opened_seeing, "note").text

    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    give(opened_seeing, tmp_path / "clear.png")
    seen(opened_seeing)
    assert pixels(opened_seeing).min() == 255
    assert element(opened_seeing, "note").text == ""

    half = Image.new("RGB", (300, 300), "black")
    half.paste((255, 255, 255), (0, 0, 300, 150))  # white above
    exif = Image.Exif()
    exif[0x0112] = 3  # taken upside down
    half.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    give(opened_seeing, tmp_path / "turned.jpg")
    seen(opened_seeing)
    assert pixels(opened_seeing)[:100].max() < 30
    assert pixels(opened_seeing)[-100:].min() > 225


@pytest.mark.parametrize(
    ("spoil", "wanted"),
    [
        (lambda text: text[:40_000] + ("B" if text[40_000] == "A" else "A") + text[40_001:], "are damaged"),
        (lambda text: text[:400_000], "are damaged"),
        (lambda text: "AAAA" + text[4:], "not in the form that this page reads"),
    ],
)
def test_damaged_weights_are_told_and_nothing_is_shown(driver, seeing_html, tmp_path, spoil, wanted):
    before, mark, rest = seeing_html.read_text().partition('id="seeing-weights">')
    weights, end, after = rest.partition("</script>")
    page = tmp_path / "damaged.html"
    page.write_text(before + mark + spoil(weights) + end + after)
    driver.get(page.as_uri())
    assert told(driver).startswith("The network could not run: the weights ")
    assert wanted in told(driver)
    assert element(driver, "state").text == "No new result"
    assert top(driver) == []


def drop(driver, script: str) -> None:
    driver.execute_script(
        "const data = new DataTransfer();" + script + "document.getElementById('seeing')"
        ".dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));"
    )


def test_an_image_can_be_dropped(opened_seeing):
    drop(opened_seeing, "data.setData('text/plain', 'words');")
    assert told(opened_seeing) == "What you dropped is no file. Drop an image from your computer."
    text = base64.b64encode(png(300, 300)).decode()
    drop(
        opened_seeing,
        f"const bytes = Uint8Array.from(atob('{text}'), (c) => c.charCodeAt(0));"
        "data.items.add(new File([bytes], 'red.png', { type: 'image/png' }));",
    )
    wait(opened_seeing, lambda: pixels(opened_seeing)[0, 0].tolist() == [255, 0, 0])
    seen(opened_seeing)
    assert element(opened_seeing, "problem").text == ""


def test_the_camera_is_seen_until_it_is_stopped(opened_seeing):
    camera = element(opened_seeing, "camera")
    camera.click()
    wait(opened_seeing, lambda: element(opened_seeing, "credit").text == "From your camera.")
    assert camera.get_attribute("aria-pressed") == "true"
    first = pixels(opened_seeing)
    wait(opened_seeing, lambda: not np.array_equal(pixels(opened_seeing), first))
    camera.click()
    assert camera.get_attribute("aria-pressed") == "false"
    seen(opened_seeing)
    choose_sample(opened_seeing, 1)
    assert "Photograph" in element(opened_seeing, "credit").text


def test_a_camera_that_is_refused_is_told(opened_seeing):
    opened_seeing.execute_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied'))"
    )
    element(opened_seeing, "camera").click()
    assert told(opened_seeing) == "The camera cannot be used: Permission denied."
