"""The verdicts of recorded runs on a claim, in words."""

import re
from functools import cache, wraps
from importlib import resources
from typing import Any

from cs231n_arch.claims.verdicts import Verdict, checks
from cs231n_arch.experiments.records import load_record, scale

RESULTS = resources.files("cs231n_arch") / "results"
BUDGETS = ("live", "recorded", "long", "gpu")  # a run with more work has priority over one with less

# Metric -> words, factor, unit, decimals.
METRICS: dict[str, tuple[str, float, str, int]] = {
    "test_error": ("test error", 100, "%", 1),
    "train_error": ("training error", 100, "%", 1),
    "epochs": ("epochs to the target", 1, "", 1),
    "gradient_share": ("share of the gradient that arrives unchanged", 100, "%", 0),
    "first_gradient": ("gradient of the first layer, relative to the mean over all layers,", 1, "", 2),
    "train_loss": ("training loss", 1, "", 3),
    "lower_gradient_norm": ("norm of the gradient in the lower layers", 1, "", 2),
    "step_seconds": ("time of a training step", 1000, "ms", 0),
    "column_0_error": ("test error of the shallowest column", 100, "%", 1),
    "column_2_error": ("test error of the deepest column", 100, "%", 1),
    "bytes": ("size of the file", 1e-3, "kB", 0),
    "localization_error": ("localization error", 100, "%", 1),
    "other_classes_accuracy": ("accuracy on classes never seen", 100, "%", 1),
    "other_data_accuracy": ("accuracy on a data set never seen", 100, "%", 1),
    "few_shot_accuracy": ("accuracy of a probe of SqueezeNet's last hidden layer", 100, "%", 1),
    "faces_accuracy": ("the same for faces against background", 100, "%", 1),
    "response": ("size of the residuals, as a share of what they are added to,", 100, "%", 0),
    "unstable": ("predictions that change with the image's place", 100, "%", 1),
}


@cache
def decisive() -> dict[str, tuple[str, dict[str, Any]]]:
    """Claim -> (file, record) of the recorded run that decides it."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    files = [file for file in RESULTS.iterdir() if file.name.endswith(".json")] if RESULTS.is_dir() else []
    for file in files:
        if '"experiment"' not in file.read_text(encoding="utf-8")[:200]:
            continue
        record = load_record(str(file))
        for claim in record["verdicts"]:
            other = found.get(claim, ("", {"budget": BUDGETS[0]}))[1]
            if BUDGETS.index(record["budget"]) >= BUDGETS.index(other["budget"]):
                found[claim] = file.name, record
    return found


def recorded(claim: str) -> dict[str, Any] | None:
    """The recorded run that decides a claim; None if there is none."""
    return decisive()[claim][1] if claim in decisive() else None


def by_run(claim: str, printed: str = "") -> Verdict:
    """The verdict of the recorded run on a claim, which its own rule has computed.

    Args:
        claim: its id in the ledger.
        printed: what the lecture or the paper prints, if the ledger's row does not have it.
    """
    record = recorded(claim)
    if record is None:
        return Verdict(printed, "no run is recorded", "not measured yet")
    words = [in_words(c) for c in record["comparisons"] if c["claim"] == claim]
    return Verdict(
        printed,
        f"{'; '.join(words)} ({scale(record)})",
        record["verdicts"][claim],
        f"results/{decisive()[claim][0]}",
    )


def decided_by_run(claim: str) -> None:
    """Tie a claim whose check is no more than `by_run` to it."""

    @checks(claim)
    @wraps(by_run)
    def check() -> Verdict:
        return by_run(claim)


def in_words(comparison: dict[str, Any]) -> str:
    """One comparison: both means, the interval of the difference, and the regime if it was not reached."""
    words, factor, unit, decimals = METRICS[comparison["metric"]]

    def figure(value: float, sign: str = "", of: str = unit) -> str:
        return f"{factor * value:{sign},.{decimals}f} {of}".rstrip().replace("-", "−")

    treatment, control = (
        f"{figure(comparison[f'{arm}_mean'])} ({spoken(comparison[arm])})" for arm in ("treatment", "control")
    )
    low, high = comparison["interval"]
    if comparison["rule"].startswith("the treatment is below"):
        limit = comparison["treatment_mean"] - comparison["difference"]
        return f"{words} {treatment}, at most {figure(limit + high)}, against {control}"
    points = "points" if unit == "%" else unit
    text = f"{words} {treatment} against {control}; the difference lies between {figure(low, '+', '')} and "
    text += figure(high, "+", points)
    missed = [condition.split(": ", 1)[1] for condition in comparison["regime"] if not comparison["reached"]]
    return text + "".join(f"; the run does not reach the claim's regime, in which {why}" for why in missed)


def spoken(name: str) -> str:
    """An arm's name in words."""
    name = re.sub(r"^resnet(\d+)$", r"ResNet-\1", name)
    name = re.sub(r"^plain(\d+)$", r"plain net of \1 layers", name)
    return {"lenet5": "LeNet-5"}.get(name, name.replace("_", " "))
