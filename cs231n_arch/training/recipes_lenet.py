"""LeNet-5's recipe as printed, and one that trains the same net here."""

from cs231n_arch.training.recipe import Recipe
from cs231n_arch.training.schedules import Polynomial, Values

LENET = Recipe(
    name="lenet",
    paper="lecun1998",
    optimizer="diagonal_lm",
    lr=5e-4,
    schedule=Values(until=(2, 5, 8, 12, 20), factors=(1, 0.4, 0.2, 0.1, 0.02)),
    batch_size=1,
    epochs=20,
    curvature_floor=0.02,
    initialisation="uniform in ±2.4 / inputs of the unit",
    augmentation=(),
    test_view="the image, background -0.1, ink 1.175",
    sources={
        "Section III.B": ("lr", "schedule", "epochs", "curvature_floor", "augmentation"),
        "Appendix C": ("optimizer", "batch_size"),
        "Appendix A": ("initialisation",),
        "Section II.B": ("test_view",),
    },
    notes={
        "optimizer": "curvatures are estimated on 500 images before each pass and kept during it. Not built here: "
        "the recipe lenet_sgd trains the same net",
        "augmentation": "a second run adds shifted, scaled, squeezed and sheared copies of the digits",
    },
)

LENET_SGD = Recipe(
    name="lenet_sgd",
    paper="lecun1998",
    optimizer="sgd",
    lr=0.008,
    schedule=Polynomial(power=1),
    batch_size=32,
    epochs=25,
    momentum=0.9,
    clip_norm=5.0,
    initialisation=LENET.initialisation,
    augmentation=("pad 2 with -0.1, random crop",),
    test_view=LENET.test_view,
    sources={
        "Appendix A": ("initialisation",),
        "Section II.B": ("test_view",),
        "not printed; chosen for scikit-learn's 1,437 digits": (
            "optimizer", "lr", "schedule", "batch_size", "epochs", "momentum", "clip_norm", "augmentation",
        ),
    },
    notes={
        "optimizer": "Appendix C expects of Levenberg-Marquardt less tuning, not much more speed, than of this",
        "clip_norm": "squared distances to the codes give a few images very large gradients",
    },
)  # fmt: skip
