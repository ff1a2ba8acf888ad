"""The explorer's numbers and its notation, in a real browser."""

import pandas as pd
import pytest
import torch

from cs231n_arch import create_model, explorer, layer_table
from cs231n_arch.explorer.names import NAMES, OPTIONS

pytest.importorskip("selenium", reason="drives the browser: pip install selenium")
from tests.browser.explorer_steps import element, load, press, problem, rows, write


def shown(table: pd.DataFrame) -> list[list[str]]:
    """`layer_table` as the page should show it."""

    def window(row):
        parts = (row.kernel, row.stride, row.padding)
        return "" if row.kernel is None else "; ".join(str(part).strip("()") for part in parts)

    return [
        [
            row.name,
            row.kind,
            window(row),
            " × ".join(map(str, row.output_shape)),
            f"{row.params:,}",
            f"{row.macs:,}",
            f"{row.activation_bytes:,}",
            f"{row.receptive_field:,}",
            f"{row.jump:,}",
        ]
        for row in table.rename_axis("at").itertuples(index=False)
    ]


def table_of(name: str) -> pd.DataFrame:
    with torch.device("meta"):
        return layer_table(create_model(name, **OPTIONS.get(name, {})))


@pytest.fixture(scope="module")
def presets():
    return explorer.presets()


def computed(driver, text: str) -> dict[str, object]:
    """What the page's own scripts make of a stack: rows, notes, problem, and the program."""
    return driver.execute_script(
        """
        const result = explorerArithmetic.evaluate(arguments[0]);
        return {
          rows: result.rows.map((r) => [r.name, r.kind, r.shape, r.params, r.macs, r.bytes, r.field, r.jump]),
          notes: result.notes.map((note) => note.text), problem: result.problem && result.problem.message,
          code: result.problem ? "" : explorerPytorch.code(result), csv: explorerPytorch.csv(result.rows),
        };
        """,
        text,
    )


def listed(table: pd.DataFrame, columns: list[str]) -> list[list[object]]:
    return [list(row) for row in table[columns].itertuples(index=False, name=None)]


def exact(table: pd.DataFrame) -> list[list[object]]:
    columns = ["name", "kind", "output_shape", "params", "macs", "activation_bytes", "receptive_field", "jump"]
    return [[list(v) if isinstance(v, tuple) else v for v in row] for row in listed(table, columns)]


@pytest.mark.parametrize("group", NAMES)
def test_every_preset_has_the_numbers_of_layer_table_and_so_has_its_program(opened_explorer, presets, group):
    for name, text in presets[group].items():
        found = computed(opened_explorer, text)
        table = table_of(name)
        assert found["problem"] is None, name
        assert found["rows"] == exact(table), name
        scope: dict[str, object] = {}
        with torch.device("meta"):
            exec(str(found["code"]).split("net.eval()")[0], scope)
            made = layer_table(scope["net"], create_model(name, **OPTIONS.get(name, {})).input_size)
        columns = ["name", "output_shape", "params", "macs"]
        assert listed(made, columns) == listed(table, columns), name


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "googlenet", "densenet121", "resnext50_32x4d"])
def test_the_page_shows_those_numbers(opened_explorer, name):
    element(opened_explorer, "inside").click()
    load(opened_explorer, name)
    assert rows(opened_explorer) == shown(table_of(name))
    assert element(opened_explorer, "problem").text == ""


def test_the_program_runs_as_it_is_copied(opened_explorer, capfd):
    found = computed(
        opened_explorer,
        "input 3x16x16\nconv 4 3x3 pad same dilation 2\nsigmoid\nresidual 8 stride 2\nfc 5\nsoftmax",
    )
    exec(str(found["code"]), {})
    assert capfd.readouterr().out.strip() == "torch.Size([1, 5])"


def test_only_pixels_that_no_window_reads_are_told(opened_explorer, presets):
    # A stride of 2 on an even map leaves out only padding; AlexNet on 224x224 leaves out a row and a column.
    texts = {name: text for nets in presets.values() for name, text in nets.items()}
    told = {name for name, text in texts.items() if computed(opened_explorer, text)["notes"]}
    assert told == {"nin_imagenet"}  # its authors' 11x11 window at stride 4 on 224x224
    alexnet = texts["alexnet"].replace("227x227", "224x224")
    assert "the last row or column is never read" in computed(opened_explorer, alexnet)["notes"][0]


def test_the_other_windows_and_activations(opened_explorer):
    """What no preset has: dilation, and functions of later nets."""
    text = "input 3x17x16\nconv 6 3x3 dilation 2 pad 1\nsigmoid\nconv 4 1x5 pad same\nflatten\nfc 3\nsoftmax"
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 3, dilation=2, padding=1),
        torch.nn.Sigmoid(),
        torch.nn.Conv2d(6, 4, (1, 5), padding=(0, 2)),
        torch.nn.Flatten(),
        torch.nn.Linear(15 * 14 * 4, 3),
        torch.nn.Softmax(dim=1),
    )
    wanted = exact(layer_table(net, (3, 17, 16)))
    assert [row[1:] for row in computed(opened_explorer, text)["rows"]] == [row[1:] for row in wanted]


@pytest.mark.parametrize(
    ("spelt", "plain"),
    [
        ("Conv 64 3×3 padding=1", "conv 64 3x3 pad 1"),
        ("conv 64 3 x 3 pad same", "conv 64 3x3 pad 1"),
        ("conv 3x3 64 s=2", "conv 64 3x3 stride 2"),
        ("conv 64 7x7 /2 p 3", "conv 64 7x7 stride 2 pad 3"),
        ("nn.Conv2d(3, 64, 3, padding=1)", "conv 64 3x3 pad 1"),
        (
            "self.conv1 = nn.Conv2d(3, 64, kernel_size=(1, 7), stride=2, bias=False),",
            "conv 64 1x7 stride 2 no_bias",
        ),
        ("nn.MaxPool2d(3, stride=2, ceil_mode=True)", "max_pool 3x3 stride 2 ceil"),
        ("MaxPool 2", "max_pool 2x2"),
        ("max-pool 2x2", "max_pool 2x2"),
        ("nn.AdaptiveAvgPool2d((1, 1))", "global_pool"),
        ("GlobalAveragePooling", "global_pool"),
        ("nn.ReLU(inplace=True)", "relu"),
        ("Dropout 0.5", "dropout 0.5"),
        ("Linear 10", "fc 10"),
        ("BatchNorm", "bn"),
        ("residual 64 x 3", "residual 64 x3"),
        ("Bottleneck 64 ×3", "bottleneck 64 x3"),
    ],
)
def test_layers_are_read_as_people_write_them(opened_explorer, spelt, plain):
    found = computed(opened_explorer, f"Input 3 × 32 x 32\n{spelt}")
    wanted = computed(opened_explorer, f"input 3x32x32\n{plain}")
    assert wanted["problem"] is None
    assert [row[1:] for row in found["rows"]] == [row[1:] for row in wanted["rows"]], found["problem"]


def test_blocks_add_up_to_the_whole_net(opened_explorer):
    load(opened_explorer, "googlenet")
    blocks = {row[0]: row for row in rows(opened_explorer)}
    with torch.device("meta"):
        table = layer_table(create_model("googlenet"))
    inside = table[table["name"].str.startswith("inception_3a.")]
    assert blocks["inception_3a"][1] == "inception"
    assert blocks["inception_3a"][3] == "256 × 28 × 28"
    assert blocks["inception_3a"][5] == f"{inside['macs'].sum():,}"
    summary = element(opened_explorer, "summary").text
    assert f"{table['params'].sum():,}" in summary
    assert f"{table['macs'].sum():,}" in summary
    assert f"{table['activation_bytes'].sum():,} bytes" in summary


def test_the_words_for_blocks_make_the_papers_blocks(opened_explorer):
    with torch.device("meta"):
        wanted = {name: layer_table(create_model(name)) for name in ("googlenet", "resnet18", "resnet50")}

    def total(text):
        write(opened_explorer, text)
        return rows(opened_explorer)[-1][4:6]

    def printed(name, part):
        inside = wanted[name][wanted[name]["name"].str.startswith(part)]
        return [f"{inside['params'].sum():,}", f"{inside['macs'].sum():,}"]

    assert total("input 192x28x28\ninception 64 96 128 16 32 32") == printed("googlenet", "inception_3a.")
    assert total("input 64x56x56\nresidual 128 stride 2") == printed("resnet18", "conv3_x.conv3_1.")
    assert total("input 64x56x56\nresidual 64") == printed("resnet18", "conv2_x.conv2_1.")
    assert total("input 64x56x56\nbottleneck 64") == printed("resnet50", "conv2_x.conv2_1.")
    assert total("input 256x56x56\nbottleneck 64") == printed("resnet50", "conv2_x.conv2_2.")


def test_a_window_that_does_not_fit_is_explained(opened_explorer):
    write(opened_explorer, "input 3x20x20\nconv 96 11x11 stride 4\nmax_pool 3x3 stride 2\nconv 8 5x5")
    assert problem(opened_explorer) == (
        "Line 4: a window of 5 does not fit into 1 with padding 0; the smallest size that fits here is 5. "
        "The smallest square image that reaches the last layer is 51x51."
    )
    assert element(opened_explorer, "stack").get_attribute("aria-invalid") == "true"
    write(opened_explorer, "input 3x51x51\nconv 96 11x11 stride 4\nmax_pool 3x3 stride 2\nconv 8 5x5")
    assert element(opened_explorer, "problem").text == ""
    assert element(opened_explorer, "stack").get_attribute("aria-invalid") == "false"
    write(opened_explorer, "input 3x50x50\nconv 96 11x11 stride 4\nmax_pool 3x3 stride 2\nconv 8 5x5")
    assert "Line 4" in problem(opened_explorer)


def test_a_stride_that_does_not_divide_is_explained(opened_explorer):
    write(opened_explorer, "input 3x224x224\nconv 96 11x11 stride 4")
    press(opened_explorer, element(opened_explorer, "notes").find_element("tag name", "summary"))
    note = element(opened_explorer, "notes").text
    assert "(224 + 2·0 − 11) / 4 = 53.25 is no whole number" in note
    assert "rounded down" in note
    assert "Sizes 223 and 227 fit" in note
    assert rows(opened_explorer)[0][3] == "96 × 54 × 54"
    write(opened_explorer, "input 3x227x227\nconv 96 11x11 stride 4")
    assert not element(opened_explorer, "notes").is_displayed()
    write(opened_explorer, "input 3x112x112\nmax_pool 3x3 stride 2 ceil")
    assert not element(opened_explorer, "notes").is_displayed()
    assert rows(opened_explorer)[0][3] == "3 × 56 × 56"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "the first line must be such as input 3x224x224"),
        ("input 3x0x5", 1, "the first line must give the image"),
        ("input 3x8x8\nconvolute 3", 2, "“convolute” is no kind of layer; did you mean conv"),
        ("input 3x8x8\nconstructor", 2, "“constructor” is no kind of layer"),
        (
            "input 3x8x8\nconv 8",
            2,
            "kernel must be a whole number of at least 1, or two such as 1x7; given nothing",
        ),
        ("input 3x8x8\nconv 8 3x3x3", 2, "given “3x3x3”"),
        ("input 3x8x8\nconv 8 3x3 steps 2", 2, "“steps” is no option of conv"),
        (
            "input 3x8x8\nconv 8 3x3 groups 2",
            2,
            "2 groups must divide the 3 channels that come in and the 8 that go out",
        ),
        ("input 3x8x8\nmax_pool 2x2 pad 2", 2, "padding may be at most half its window"),
        (
            "input 3x8x8\nfc 10\nconv 8 3x3",
            3,
            "conv needs a feature map, but a fully connected layer or flatten came before",
        ),
        ("input 3x8x8\nrelu\n  relu", 3, "a relu has nothing inside"),
        ("input 3x8x8\nconv 8 3x3 pad 1\nnn.Conv2d(16, 8, 3)", 3, "is written for 16 inputs, but 8 come in"),
        ("input 3x8x8\nconv 8 2x2 pad same", 2, "pad same needs a window with odd sides"),
        ("input 3x8x8\nnn.GRU(3)", 2, "nn.GRU is not read here"),
        ("input 3x8x8\ndropout 2", 2, "between 0 and 1"),
        ("input 3x8x8\nconv 8 3x3 pad 1 x9999", 2, "at most 500 repeats"),
        ("input 3x8x8\nsum\n  relu", 2, "a sum needs at least two branches"),
        ("input 3x8x8\nsum\n  a: conv 4 1x1\n  b: identity", 2, "need equal shapes; they give a 4×8×8, b 3×8×8"),
        ("input 3x8x8\nconcat\n  a: conv 4 3x3\n  b: identity", 2, "need equal height and width"),
    ],
)
def test_a_mistake_is_explained_where_it_is(opened_explorer, text, line, told):
    write(opened_explorer, text)
    message = problem(opened_explorer)
    assert message.startswith(f"Line {line}: ")
    assert told in message
    assert opened_explorer.execute_script(
        "return document.querySelector('#explorer-gutter mark')?.textContent.trim()"
    ) == str(line)
