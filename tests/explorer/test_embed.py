"""Data that stands in a page for a script to read."""

import json

import pytest

from cs231n_arch.explorer import embed


@pytest.mark.parametrize("text", ["</script>", "<!--<script", "<!-- <script> -->", "a < b & c", "naïve"])
def test_no_data_end_their_element_or_go_on_beyond_it(text: str) -> None:
    made = embed("data", {"text": text})
    content = made.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert "<" not in content
    assert json.loads(content) == {"text": text}
