"""The ledger is complete, readable, and its verdicts are computed."""

import inspect
import re
import subprocess
import sys

import pandas as pd
import pytest
import torch

from cs231n_arch import claims
from cs231n_arch.claims import counts, vgg
from cs231n_arch.claims.resnet import deepened
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import CHECKS, Verdict, checks, listed
from cs231n_arch.create import create_model
from cs231n_arch.experiments import EXPERIMENTS


@pytest.fixture(scope="module")
def checked() -> pd.DataFrame:
    return claims.check().set_index("id")


def test_every_claim_has_a_function_and_every_function_a_claim() -> None:
    ledger = claims.ledger()
    assert ledger["id"].is_unique
    assert set(ledger["id"]) == set(CHECKS)
    assert list(ledger.columns) == ["id", "chapter", "claim", "kind", "seconds", "source", "printed"]
    assert ledger["claim"].is_unique
    assert ledger["claim"].str.len().between(20, 100).all()
    assert set(ledger["kind"]) == {"exact", "published", "measured"}
    with pytest.raises(ValueError, match="vgg-depth has two checks"):
        checks("vgg-depth")(vgg.layers)


def test_a_claim_of_the_lecture_has_its_place_in_the_video_and_others_have_none() -> None:
    ledger = claims.ledger()
    assert set(ledger["source"]) == {"lecture", "slide", "paper"}
    assert (ledger["seconds"].isna() == (ledger["source"] == "paper")).all()
    assert ledger["seconds"].dropna().between(127, 4654).all(), "from the first sentence to the last"
    assert claims.minute(1203) == "20:03"


def test_functions_live_in_the_files_of_their_chapter() -> None:
    for claim in claims.ledger().itertuples():
        if inspect.unwrap(CHECKS[claim.id]) is by_run:  # its run decides it, and nothing else
            assert claim.kind == "measured"
        else:
            assert re.fullmatch(rf"cs231n_arch\.claims\.{claim.chapter}(_\w+)?", CHECKS[claim.id].__module__), (
                claim
            )


def test_the_ledger_is_read_without_what_trains_and_judges() -> None:
    """They take as long to load as PyTorch does."""
    heavy = {"torchvision", "scipy", "sklearn", "matplotlib", "sympy", "cs231n_arch.experiments.table"}
    code = f"import sys; from cs231n_arch import claims; print(*({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


def test_what_is_measured_has_an_experiment(checked: pd.DataFrame) -> None:
    ledger = claims.ledger().query("chapter != 'power'").set_index("id")
    tested = {claim for experiment in EXPERIMENTS.values() for claim in experiment.claims}
    measured = set(ledger.index[ledger["kind"] == "measured"])
    assert tested == measured
    unrecorded = {"canziani-power"}  # no meter can be read here
    assert set(checked.index[checked["verdict"] == "not measured yet"]) == unrecorded


def test_the_same_kind_of_evidence_gets_the_same_kind_of_verdict(checked: pd.DataFrame) -> None:
    kinds = claims.ledger().set_index("id")["kind"]
    of_runs = {"confirmed", "refuted at this scale", "not shown at this scale", "regime not reached"}
    for name, row in checked.iterrows():
        assert row["verdict"] in claims.VERDICTS
        run = "results/" in row["where"]
        assert run <= (kinds[name] == "measured"), name
        if kinds[name] == "measured":
            assert row["verdict"] in of_runs | {"not measured yet"}, name
        else:
            assert row["verdict"] in {"confirmed", "differs", "refuted"}, name


def test_table(checked: pd.DataFrame) -> None:
    columns = ["chapter", "claim", "printed", "ours", "verdict", "where", "minute", "source"]
    assert list(checked.columns) == columns
    for name, where in checked["where"].items():
        function = CHECKS[str(name)]
        assert where.split(", ")[0] == f"{function.__module__}.{function.__name__}"


LEAKS = {
    "a Python container": r"[{}\[\]]|\((?:\d+, )+\d+\)|\(\d+,\)",
    "a Python word": r"\b(?:None|True|False|nan|inf|tensor|dtype|float\d*|int\d*)\b",
    "a name of the code": r"[a-z0-9]+_[a-z0-9_]+",
    "a raw figure": r"[1-9]\d*\.\d{4}|0\.0*[1-9]\d{3}|\de[-+]\d",
    "a count without commas": r"(?<![\d.,])\d{5,}(?![\d.])",
    "a percent sign without its space": r"\d%",
    "two spaces": r"  ",
    "a comparison of the code": r"[<>=]=|!=|<|>",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_lecturer_can_read_every_row_aloud(leak: str, checked: pd.DataFrame) -> None:
    for column in ("claim", "printed", "ours"):
        assert (checked[column].str.len() > 2).all()
        assert (checked[column] == checked[column].str.strip()).all()
        found = checked.loc[checked[column].str.contains(LEAKS[leak], regex=True), column]
        assert found.empty, f"{leak}: {found.to_dict()}"


def test_the_words_of_a_row_are_shown_and_no_check_has_others(checked: pd.DataFrame) -> None:
    words = claims.ledger().set_index("id")["printed"].dropna()
    assert len(words) > 100
    assert (checked.loc[words.index, "printed"] == words).all()


def test_a_row_of_a_run_says_at_which_scale(checked: pd.DataFrame) -> None:
    runs = checked[checked["where"].str.contains("results/") & (checked["chapter"] != "power")]
    assert len(runs) > 20
    assert runs["ours"].str.contains(r"images of .*, \d+x\d+ pixels, .*\d+ seeds\)$").all()
    intervals = runs["ours"].str.contains("the difference lies between|at most")
    assert intervals.all()


@pytest.mark.parametrize(
    ("claim", "expected", "words"),
    [
        ("winners-depth", "differs", "8 in 2012, 8 in 2013, 22 in 2014 and 152 in 2015"),
        ("lenet-first", "confirmed", "in use at banks"),
        ("alexnet-winner", "confirmed", "16.4 %, the second entry 26.2 %"),
        ("alexnet-input", "differs", "the paper prints 224x224x3"),
        ("alexnet-224", "differs", "= 54.25, which the authors' program rounds up to 55"),
        ("alexnet-conv1-out", "confirmed", "55x55x96"),
        ("alexnet-conv1-params", "confirmed", "34,848 weights, 34,944"),
        ("alexnet-order", "differs", "normalization stands before pooling"),
        ("alexnet-relu", "differs", "Nair and Hinton in 2010"),
        ("alexnet-norm-gone", "confirmed", "only GoogLeNet has them"),
        ("alexnet-ensemble", "differs", "five nets trained alike give 16.4 %"),
        ("alexnet-two-gpus", "confirmed", "in conv3 they do"),
        ("alexnet-memory", "differs", "below 3 GB"),
        ("zfnet-winner", "differs", "Clarifai with 11.7 %"),
        ("zfnet-filters", "differs", "384, 384 and 256"),
        ("vgg-receptive", "confirmed", "7x7 by the formula; the gradient of one output reaches 7x7 pixels"),
        ("vgg-memory", "differs", "15.2 million values, 61 MB"),
        ("vgg-138m", "confirmed", "138,357,544"),
        ("vgg-backward", "differs", "1.1 times as much"),
        ("vgg-19-convs", "confirmed", "one in each of the stages 3, 4 and 5"),
        ("vgg-19", "confirmed", "25.6 % with 16 and 25.5 % with 19 layers"),
        ("googlenet-params", "differs", "7.0 million"),
        ("googlenet-ratio", "differs", "8.7 times fewer than AlexNet in two towers, 8.9"),
        ("googlenet-bottleneck-ops", "differs", "271M"),
        ("googlenet-layer-count", "differs", "58 layers with weights"),
        ("googlenet-example", "differs", "module 3b"),
        ("googlenet-fading", "confirmed", "with 32 layers"),
        ("inception-family", "refuted", "no shortcuts"),
        ("resnet-construction", "confirmed", "same scores"),
        ("resnet-bottleneck-cost", "differs", "17 times fewer"),
        ("resnet-decay", "differs", "ten times as much"),
        ("resnet-1202", "differs", "7.93 %"),
        ("compare-googlenet", "differs", "ENet"),
        ("compare-discs", "differs", "ResNet-152"),
        ("compare-resnet", "differs", "Inception-v4 80.1 %"),
        ("wrn-same-params", "differs", "14 % more"),
        ("wrn-every-layer", "differs", "32 of 53"),
        ("resnext-authors", "differs", "Kaiming He"),
        ("densenet-concat", "confirmed", "from 24 to 204"),
        ("densenet-params", "confirmed", "22.44 % with 44.5 million"),
        ("squeezenet-params", "differs", "48.8 times fewer"),
        ("squeezenet-ratio", "confirmed", "511"),
        ("senet-cost", "confirmed", "2.51 million more parameters, 9.8 %, in 16 blocks"),
        ("senet-operations", "differs", "0.21 % more"),
    ],
)
def test_verdicts(claim: str, expected: str, words: str, checked: pd.DataFrame) -> None:
    assert checked.loc[claim, "verdict"] == expected
    assert words in checked.loc[claim, "ours"]


def test_a_verdict_is_one_of_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="verdict must be one of confirmed, differs, refuted, not shown"):
        Verdict("", "", "true")  # type: ignore[arg-type]
    assert claims.VERDICTS == (
        "confirmed",
        "differs",
        "refuted",
        "not shown at this scale",
        "refuted at this scale",
        "regime not reached",
        "not measured yet",
    )


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_in_sentences(items: list[str], text: str) -> None:
    assert listed(items) == text


def test_check_by_pattern_and_chapter() -> None:
    assert list(claims.check("resnet-hu*")["id"]) == ["resnet-human"]
    assert set(claims.check(chapter="history")["chapter"]) == {"history"}


@pytest.mark.parametrize(
    ("pattern", "chapter", "message"),
    [
        ("vgg-memry", None, "no claim is named 'vgg-memry'; did you mean vgg-memory"),
        ("*", "vggg", "no chapter is named 'vggg'; did you mean vgg"),
        ("resnet-*", "vgg", "no claim is named"),
    ],
)
def test_no_such_claim(pattern: str, chapter: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        claims.check(pattern, chapter)


def test_the_deeper_net_is_not_equal_by_accident() -> None:
    """Without the identities, the same construction gives other scores."""
    torch.manual_seed(0)
    shallow = create_model("plain20").to(torch.float64).eval()
    deep = deepened(shallow, 32)
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    new = deep.get_submodule("conv3_x.conv3_5.body.conv1")
    with torch.no_grad():
        same = deep(images)
        assert torch.allclose(same, shallow(images), rtol=0, atol=1e-9)
        assert same.std() > 0
        torch.nn.init.kaiming_normal_(new.weight)
        assert not torch.allclose(deep(images), same, rtol=0, atol=1e-3)


def test_depth_takes_the_longest_way() -> None:
    assert counts.depth(counts.net("googlenet")) == 22
    assert counts.depth(counts.net("resnet50")) == 50
    assert vgg.reached(1) == 3
