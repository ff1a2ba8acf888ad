"""`Recipe`: how a paper trained its nets, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal, Self

from cs231n_arch.training.schedules import Schedule

if TYPE_CHECKING:
    import pandas as pd

Optimiser = Literal["sgd", "rmsprop", "diagonal_lm"]


@dataclass(frozen=True)
class Warmup:
    """A lower rate for the first iterations: `factor` times the base rate for `iterations` iterations."""

    factor: float
    iterations: int

    def __str__(self) -> str:
        return f"times {self.factor:g} for the first {self.iterations} iterations"


@dataclass(frozen=True)
class Recipe:
    """How a paper trained its nets.

    Attributes:
        name: the name that `recipes.get` knows.
        paper: citation key in the book's bibliography.
        optimizer: `sgd`, `rmsprop`, or `diagonal_lm`, the stochastic diagonal Levenberg-Marquardt of LeNet.
        lr: base learning rate.
        schedule: how the rate falls.
        batch_size: images for one update, over all devices.
        epochs: passes over the training images; where a paper prints iterations, what they come to.
        iterations: updates, where the paper prints them; they, not the epochs, are then the length.
        weight_decay: coefficient of the L2 penalty, as gradient: w is moved by -lr * weight_decay * w.
        decays: `all` parameters, or only `weights` of convolutions and fully connected layers.
        momentum: of the gradient.
        nesterov: whether the momentum is Nesterov's.
        rms_decay: RMSProp's decay of the mean square.
        rms_epsilon: RMSProp's addend below the root.
        curvature_floor: Levenberg-Marquardt's mu: the step is lr / (mu + curvature).
        warmup: a lower rate at the start.
        label_smoothing: share of the target spread over all classes.
        clip_norm: largest norm of the gradient; larger ones are scaled down.
        ema_decay: decay of the running average of the weights that is evaluated.
        dropout: where, and with which probability. The model's constructor has it, the loop does not.
        initialisation: of the weights. The model's constructor has it, too.
        augmentation: what is done to a training image, in order.
        test_view: what is done to a test image.
        sources: place in the paper -> the fields that it gives.
        notes: field -> where the lecture, released code or popular code differs, or what the paper leaves open.
    """

    name: str
    paper: str
    optimizer: Optimiser
    lr: float
    schedule: Schedule
    batch_size: int
    epochs: int
    iterations: int | None = None
    weight_decay: float = 0.0
    decays: Literal["all", "weights"] = "all"
    momentum: float = 0.0
    nesterov: bool = False
    rms_decay: float | None = None
    rms_epsilon: float | None = None
    curvature_floor: float | None = None
    warmup: Warmup | None = None
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    ema_decay: float | None = None
    dropout: str = "none"
    initialisation: str = ""
    augmentation: tuple[str, ...] = ()
    test_view: str = ""
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("lr", "weight_decay", "momentum"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name} must be a finite number of at least 0; given {value}")

    def source(self, name: str) -> str:
        """Where the paper prints the field `name`; empty for one that it does not use."""
        return ", ".join(place for place, given in self.sources.items() if name in given)

    def table(self) -> "pd.DataFrame":
        """One row per field: `field, value, source, note`. Fields that the paper does not use are left out."""
        import pandas as pd

        rows = [
            {
                "field": f.name,
                "value": str(value),
                "source": self.source(f.name),
                "note": self.notes.get(f.name, ""),
            }
            for f in fields(self)
            if f.name not in ("name", "sources", "notes") and self._used(f.name, value := getattr(self, f.name))
        ]
        return pd.DataFrame(rows)

    def _used(self, name: str, value: object) -> bool:
        return bool(self.source(name)) or name in self.notes or value not in (None, 0.0, False, "", "none", ())

    def _repr_html_(self) -> str:
        return self.table().to_html(index=False, escape=True)

    def __str__(self) -> str:
        return f"Recipe {self.name!r}\n{self.table().to_string(index=False)}"

    def replace(self, **changes: object) -> Self:
        """A copy with other values, each with a note at its field, so a table never shows it as printed."""
        changed = {
            name: f"changed from {getattr(self, name)} to {value}"
            + (f"; {note}" if (note := self.notes.get(name)) else "")
            for name, value in changes.items()
            if value != getattr(self, name)
        }
        return replace(self, **changes, notes={**self.notes, **changed})  # type: ignore[arg-type]

    def for_batch_size(self, batch_size: int, rule: Literal["linear", "sqrt"] = "linear") -> Self:
        """A copy for another batch size, with the learning rate scaled to it.

        Args:
            batch_size: images for one update.
            rule: `linear` keeps lr / batch (Goyal et al. 2017, arXiv 1706.02677, Section 2.1); `sqrt` keeps
                lr / sqrt(batch), the variance of the update (Krizhevsky 2014, arXiv 1404.5997, Section 5).

        Raises:
            ValueError: a batch size below 1, or an unknown rule.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; given {batch_size}")
        if rule not in ("linear", "sqrt"):
            raise ValueError(f"rule must be 'linear' or 'sqrt'; given {rule!r}")
        ratio = batch_size / self.batch_size
        return self.replace(batch_size=batch_size, lr=self.lr * (ratio if rule == "linear" else ratio**0.5))
