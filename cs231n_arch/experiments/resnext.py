"""ResNeXt: many paths in a block."""

from cs231n_arch.experiments.design import Comparison, Condition, Experiment
from cs231n_arch.experiments.rules import Better
from cs231n_arch.experiments.trial import Arm, Work

# The recipe's rate for a batch a quarter as large.
RATE = {"lr": 0.025}
ONE, MANY = "1 path of 64", "32 paths of 4"
FINISHED = Condition(ONE, "train_error", 0.05, "the net with one path has been trained nearly to its end")

CARDINALITY = Experiment(
    id="cardinality",
    question="At equal multiply-adds, are many narrow paths in a block better than one wide path?",
    arms={
        ONE: Arm("resnext_cifar", {"depth": 11, "cardinality": 1, "width": 64}),
        MANY: Arm("resnext_cifar", {"depth": 11, "cardinality": 32, "width": 4}),
    },
    comparisons=(
        Comparison(ONE, MANY, Better("lower"), claim="resnext-better", equal="macs", regime=(FINISHED,)),
    ),
    recipe="resnext_cifar",
    budgets={
        "live": Work("digits", 8, 400, epochs=2, batch_size=32),
        "recorded": Work("fashion_mnist", 12, 2000, epochs=10, batch_size=32, changes=RATE, validation=2000),
        "long": Work("fashion_mnist", 14, 20_000, epochs=10, batch_size=64, validation=5000),
        "gpu": Work("cifar10", 32, validation=5000, precision="auto"),
    },
)

TABLE = (CARDINALITY,)
