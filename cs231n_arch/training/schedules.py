"""Learning-rate schedules of the papers.

Each gives the factor on the base learning rate at one step of a run of any length, so a run that is shortened
keeps the shape of its schedule: half-way through our run is half-way through the paper's. Whole numbers
throughout: a reduction falls on exactly its step.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """The base learning rate throughout."""

    def factor(self, step: int, total: int) -> float:
        """Factor on the base rate after `step` of `total` steps."""
        return 1.0

    def __str__(self) -> str:
        return "constant"


@dataclass(frozen=True)
class Steps:
    """The rate times `by` at each of the printed moments.

    Attributes:
        at: the moments, in `unit`.
        of: length of the whole training, in `unit`.
        by: the factor of each reduction.
        unit: `iterations` or `epochs`.
    """

    at: tuple[int, ...]
    of: int
    by: float = 0.1
    unit: str = "iterations"

    def factor(self, step: int, total: int) -> float:
        """Factor on the base rate after `step` of `total` steps."""
        return self.by ** sum(step * self.of >= moment * total for moment in self.at)

    def __str__(self) -> str:
        return f"times {self.by:g} at {', '.join(f'{m:,}' for m in self.at)} of {self.of:,} {self.unit}"


@dataclass(frozen=True)
class Values:
    """Printed rates for stretches of epochs, as factors on the first: LeNet's table.

    Attributes:
        until: last epoch of each stretch, counted from one.
        factors: factor on the base rate in each stretch.
    """

    until: tuple[int, ...]
    factors: tuple[float, ...]

    def factor(self, step: int, total: int) -> float:
        """Factor on the base rate after `step` of `total` steps."""
        stretches = zip(self.until, self.factors, strict=True)
        return next((f for last, f in stretches if step * self.until[-1] < last * total), self.factors[-1])

    def __str__(self) -> str:
        stretches = zip(self.factors, self.until, strict=True)
        return ", then ".join(f"times {factor:g} to epoch {last}" for factor, last in stretches)


@dataclass(frozen=True)
class Every:
    """The rate times `by` every `epochs` epochs of a training of `of` epochs."""

    epochs: int
    of: int
    by: float

    def factor(self, step: int, total: int) -> float:
        """Factor on the base rate after `step` of `total` steps."""
        return self.by ** (step * self.of // (self.epochs * total))

    def __str__(self) -> str:
        return f"times {self.by:g} every {self.epochs} of {self.of} epochs"


@dataclass(frozen=True)
class Polynomial:
    """The rate times (part of the training that remains)^power; power 1 is the linear decrease of SqueezeNet."""

    power: float = 1.0

    def factor(self, step: int, total: int) -> float:
        """Factor on the base rate after `step` of `total` steps."""
        return float((max(0, total - step) / total) ** self.power)

    def __str__(self) -> str:
        return "linear to zero" if self.power == 1 else f"polynomial to zero, power {self.power:g}"


@dataclass(frozen=True)
class Halving:
    """The rate times `by` whenever the epochs that remain are half of what they were: FractalNet's.

    Attributes:
        by: the factor of each reduction.
        times: number of reductions.
    """

    times: int
    by: float = 0.1

    def factor(self, step: int, total: int) -> float:
        """Factor on the base rate after `step` of `total` steps."""
        return float(self.by ** sum((total - step) * 2**k <= total for k in range(1, self.times + 1)))

    def __str__(self) -> str:
        return f"times {self.by:g} whenever the remaining epochs have halved, {self.times} times"


@dataclass(frozen=True)
class Plateau:
    """The rate times `by` when the validation error stops falling.

    The only schedule that looks at the run: the loop asks PyTorch's `ReduceLROnPlateau` once an epoch.

    Attributes:
        by: the factor of each reduction.
        times: number of reductions, as printed.
        watch: the error that is watched, of the `test` images or of the `train` images. What papers call their
            validation images are a `Split`'s test images.
        patience: epochs without improvement before a reduction. No paper prints it; they reduced by hand.
    """

    times: int
    by: float = 0.1
    watch: str = "test"
    patience: int = 5

    def __str__(self) -> str:
        error = "validation" if self.watch == "test" else "training"
        return f"times {self.by:g} when the {error} error stops falling, {self.times} times"


Schedule = Constant | Steps | Values | Every | Polynomial | Halving | Plateau
