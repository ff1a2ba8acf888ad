"""The ledger is complete, and its verdicts are computed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from cs231n_arch import claims
from cs231n_arch.claims import counts, power, verdicts, vgg
from cs231n_arch.claims.resnet import deepened
from cs231n_arch.claims.verdicts import Verdict
from cs231n_arch.create import create_model
from cs231n_arch.profiling import canziani


@pytest.fixture(scope="module")
def checked() -> pd.DataFrame:
    return claims.check().set_index("id")


def test_every_claim_has_a_function_and_every_function_a_claim() -> None:
    ledger = claims.ledger()
    assert ledger["id"].is_unique
    assert set(ledger["id"]) == set(claims.CHECKS)
    assert list(ledger.columns) == ["id", "chapter", "claim", "kind"]
    assert ledger["claim"].str.len().between(20, 130).all()
    for kind in ledger["kind"]:
        assert set(kind.split(" + ")) <= {"exact", "published", "measured"}


def test_functions_live_in_the_file_of_their_chapter() -> None:
    for name, chapter in claims.ledger().set_index("id")["chapter"].items():
        assert claims.CHECKS[name].__module__ == f"cs231n_arch.claims.{chapter}", name


def test_table(checked: pd.DataFrame) -> None:
    assert list(checked.columns) == ["chapter", "claim", "printed", "ours", "verdict", "where"]
    assert (checked["printed"].str.len() > 0).all()
    assert (checked["ours"].str.len() > 0).all()
    for name, where in checked["where"].items():
        function = claims.CHECKS[str(name)]
        assert where.split(", ")[0] == f"{function.__module__}.{function.__name__}"


@pytest.mark.parametrize(
    ("claim", "expected", "words"),
    [
        ("alexnet-first", "confirmed", "16.422 %"),
        ("alexnet-input", "confirmed", "fits 55 times into 227 pixels; in 224 it leaves 1 over"),
        ("alexnet-conv1-out", "confirmed", "55x55x96"),
        ("alexnet-conv1-params", "confirmed", "34,848 weights, 34,944"),
        ("alexnet-pool1-out", "confirmed", "27x27x96"),
        ("alexnet-pool1-params", "confirmed", "parameters in Conv2d, Linear"),
        ("alexnet-recipe", "confirmed", "weight_decay 0.0005"),
        ("alexnet-two-gpus", "confirmed", "conv3 crosses"),
        ("winners", "confirmed", "8 layers to 152"),
        ("zfnet-hyper", "differs", "(384, 384, 256)"),
        ("vgg-depth", "confirmed", "alexnet 8, vgg16 16, vgg19 19"),
        ("vgg-receptive", "confirmed", "7 by the formula, 7 by the gradient"),
        ("vgg-two-three", "confirmed", "5 by the formula, 5 by the gradient"),
        ("vgg-params", "confirmed", "27C² against 49C²"),
        ("vgg-memory", "differs", "15,237,608 values, 61 MB"),
        ("vgg-rank", "confirmed", "place 2 in classification"),
        ("vgg-nolrn", "confirmed", "0 such layers"),
        ("vgg-19", "confirmed", "25.6 % and 25.5 %"),
        ("vgg-ensemble", "confirmed", "6.8 % with two"),
        ("googlenet-depth", "confirmed", "22 layers"),
        ("googlenet-nofc", "confirmed", "one, the classifier"),
        ("googlenet-params", "differs", "6,998,552; 8.7 to 8.9 times fewer"),
        ("googlenet-naive", "confirmed", "28x28x672, 854M"),
        ("googlenet-bottleneck", "differs", "28x28x480, 271M"),
        ("googlenet-parallel", "confirmed", "9 of 9"),
        ("inception-family", "refuted", "inception_v4 has 0 shortcuts"),
        ("resnet-degradation", "confirmed", "(plain56)"),
        ("resnet-construction", "confirmed", "same scores"),
        ("resnet-residual", "confirmed", "(resnet56)"),
        ("resnet-bottleneck", "confirmed", "resnet50, resnet101, resnet152"),
        ("resnet-152", "confirmed", "152 layers; 56x56x256, 28x28x512, 14x14x1024, 7x7x2048; 1"),
        ("resnet-recipe", "differs", "not the same: weight_decay"),
        ("resnet-human", "confirmed", "3.57 % against 5.1 %"),
        ("compare-v4", "confirmed", "inception_v4"),
        ("compare-vgg", "confirmed", "144M parameters"),
        ("compare-googlenet", "confirmed", "googlenet 9.4 %"),
        ("compare-alexnet", "confirmed", "more parameters: vgg16, vgg19"),
        ("compare-resnet", "differs", "inception_v4"),
        ("nin-mlpconv", "differs", "global_average"),
        ("preact-path", "confirmed", "gradient_share 0.9962 (full_preactivation)"),
        ("wrn-width", "confirmed", "21.9 against 22.16 %"),
        ("resnext-cardinality", "confirmed", "form a"),
        ("stochastic-drop", "refuted", "step_seconds 0.037"),
        ("fractal-paths", "refuted", "0 shortcuts in the net; test_error 0.2473 (drop-path), 0.1395"),
        ("densenet-concat", "confirmed", "(DenseNet-22, k = 8)"),
        ("squeezenet-fire", "confirmed", "48.8 to 50.0 times fewer"),
        ("senet-cost", "confirmed", "2,514,944 more parameters, 9.8%, in 16 blocks; 3.866 instead of 3.858"),
        ("senet-last-stage", "confirmed", "63% of the blocks"),
        ("senet-error", None, "50 layers 7.48 to 6.62 %"),
    ],
)
def test_verdicts(claim: str, expected: str | None, words: str, checked: pd.DataFrame) -> None:
    if expected is not None:  # else a recorded run has a say in it
        assert checked.loc[claim, "verdict"] == expected
    assert words in checked.loc[claim, "ours"]


def test_what_needs_a_run_says_so_without_one(records: Path) -> None:
    measured = claims.ledger().query("kind == 'measured'")["id"]
    for name in measured:
        assert claims.CHECKS[name]().verdict == "not measured yet", name
    assert claims.recorded("alexnet-relu") is None


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in the place of the package's recorded results."""
    for module in (verdicts, power):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    verdicts._records.cache_clear()
    power.profile.cache_clear()
    yield tmp_path
    verdicts._records.cache_clear()
    power.profile.cache_clear()


def write(folder: Path, claim: str, found: str) -> None:
    arms = {"control": "tanh", "treatment": "relu", "control_mean": 12.0, "treatment_mean": 3.0}
    record = {"verdicts": {claim: found}, "comparisons": [{"claim": claim, "metric": "epochs", **arms}]}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("shown", "confirmed"),
        ("not shown at this scale", "not shown at this scale"),
        ("refuted at this scale", "refuted"),
    ],
)
def test_a_recorded_run_decides(found: str, expected: str, records: Path) -> None:
    write(records, "alexnet-relu", found)
    result = verdicts.measured("alexnet-relu", "faster")
    assert result == Verdict("faster", "epochs 3 (relu), 12 (tanh)", expected, "results/run.json")  # type: ignore[arg-type]
    assert claims.recorded("alexnet-relu") is not None


def test_a_recorded_run_can_only_take_from_what_is_exact(records: Path) -> None:
    exact = Verdict("none", "none", "confirmed")
    assert verdicts.with_run("vgg-nolrn", exact) == exact
    write(records, "vgg-nolrn", "not shown at this scale")
    verdicts._records.cache_clear()
    assert verdicts.with_run("vgg-nolrn", exact).verdict == "confirmed"
    write(records, "vgg-nolrn", "refuted at this scale")
    verdicts._records.cache_clear()
    assert verdicts.with_run("vgg-nolrn", exact).verdict == "differs"


def test_power_claims_take_the_verdict_of_their_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "profile", lambda: pd.DataFrame())
    for found, expected in ((canziani.HOLDS, "confirmed"), (canziani.FAILS, "not shown at this scale")):
        result = power.judged("claim_power", lambda _, found=found: canziani.Finding("11 W", found))
        assert (result.ours, result.verdict) == ("11 W", expected)


def test_a_verdict_is_one_of_five() -> None:
    with pytest.raises(ValueError, match="verdict must be one of confirmed, refuted, differs"):
        Verdict("", "", "true")  # type: ignore[arg-type]


def test_check_by_pattern_and_chapter() -> None:
    assert list(claims.check("resnet-h*")["id"]) == ["resnet-human"]
    assert set(claims.check(chapter="history")["chapter"]) == {"history"}


@pytest.mark.parametrize(
    ("pattern", "chapter", "message"),
    [
        ("vgg-memry", None, "no claim is named 'vgg-memry'; did you mean 'vgg-memory'"),
        ("*", "vggg", "no chapter is named 'vggg'; did you mean 'vgg'"),
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
