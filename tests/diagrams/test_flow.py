import matplotlib.pyplot as plt
import pytest

from cs231n_arch.diagrams import flow

STAGES = [
    ("input", (1, 32, 32), ""),
    ("C1", (6, 28, 28), "5×5"),
    ("C3", (16, 10, 10), "5×5"),
    ("F6", (84,), "dense"),
]


def test_a_sheet_for_each_channel_up_to_seven_and_one_bar_for_a_vector():
    ax = flow(plt.figure().subplots(), STAGES)
    assert len(ax.patches) == 1 + 6 + 7 + 1


def test_sizes_fall_with_the_side_and_letters_are_horizontal():
    ax = flow(plt.figure().subplots(), STAGES)
    widths = [patch.get_width() for patch in ax.patches]
    assert widths[0] > widths[1] > widths[7] > widths[-1]
    words = [text.get_text() for text in ax.texts if text.get_text()]
    assert words == ["input\n1 × 32²", "C1\n6 × 28²", "5×5", "C3\n16 × 10²", "5×5", "F6\n84", "dense"]
    assert {text.get_rotation() for text in ax.texts} == {0.0}


@pytest.mark.parametrize("stages", [[], STAGES[:1], [*STAGES, ("C5", (120, 1), "5×5")]])
def test_what_cannot_be_drawn_is_refused(stages):
    with pytest.raises(ValueError, match=r"stage|shape of C5"):
        flow(plt.figure().subplots(), stages)
