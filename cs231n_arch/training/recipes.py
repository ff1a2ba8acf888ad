"""Every recipe by name: `recipes.get("alexnet")` is how AlexNet's paper says that it was trained."""

from cs231n_arch.errors import unknown
from cs231n_arch.models.names import ALIASES, MODELS
from cs231n_arch.training import recipes_cifar, recipes_imagenet, recipes_inception, recipes_lenet
from cs231n_arch.training.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        recipes_lenet.LENET,
        recipes_lenet.LENET_SGD,
        recipes_imagenet.ALEXNET,
        recipes_imagenet.ZFNET,
        recipes_imagenet.VGG,
        recipes_inception.GOOGLENET,
        recipes_inception.INCEPTION_V3,
        recipes_inception.INCEPTION_V4,
        recipes_imagenet.RESNET,
        recipes_cifar.RESNET_CIFAR,
        recipes_cifar.RESNET_CIFAR_110,
        recipes_cifar.NIN,
        recipes_cifar.PREACT_RESNET,
        recipes_cifar.WIDE_RESNET,
        recipes_imagenet.RESNEXT,
        recipes_cifar.RESNEXT_CIFAR,
        recipes_cifar.STOCHASTIC_DEPTH,
        recipes_cifar.FRACTALNET,
        recipes_imagenet.DENSENET,
        recipes_cifar.DENSENET_CIFAR,
        recipes_imagenet.SQUEEZENET,
        recipes_imagenet.DEEP_COMPRESSION,
        recipes_imagenet.SENET,
    )
}


# Models whose recipe is not the first one of their own paper.
OTHERS: dict[str, tuple[str, ...]] = {
    "resnet_cifar": (
        "resnet_cifar", "resnet20", "resnet32", "resnet44", "resnet56", "plain20", "plain32", "plain44", "plain56",
        "se_resnet_cifar", "se_resnet20",
    ),
    "resnet_cifar_110": ("resnet110", "resnet1202", "plain110"),
    "resnext_cifar": ("resnext_cifar", "resnext29_8x64d"),
    "densenet_cifar": ("densenet_cifar", "densenet40_12", "densenet_bc100_12"),
    "densenet": ("wide_resnet50_2", "wide_resnet101_2"),  # both papers name fb.resnet.torch for ImageNet
}  # fmt: skip
# Why a recipe trains no net from the beginning.
NOT_FROM_THE_BEGINNING = {
    "lenet": "its optimizer, diagonal_lm, is not built here; the recipe lenet_sgd trains the same net",
    "deep_compression": "it retrains a net that has been pruned",
}


def trainable() -> list[str]:
    """Names of the recipes that train a net from its first weights."""
    return [name for name in RECIPES if name not in NOT_FROM_THE_BEGINNING]


def for_model(model: str) -> Recipe:
    """The recipe that trains a model here: that of its paper, or of the paper whose nets it repeats.

    Raises:
        ValueError: no model has this name.
    """
    name = ALIASES.get(model, model)
    if name not in MODELS:
        raise ValueError(unknown("model", model, MODELS, f"list_models() gives all {len(MODELS)} names"))
    other = next((recipe for recipe, models in OTHERS.items() if name in models), None)
    own = (recipe for recipe in trainable() if RECIPES[recipe].paper == MODELS[name].paper)
    return RECIPES[other or next(own)]


def get(name: str) -> Recipe:
    """The recipe of a paper.

    Raises:
        ValueError: no recipe has this name; the message lists those with a similar one.
    """
    if name not in RECIPES:
        raise ValueError(unknown("recipe", name, RECIPES))
    return RECIPES[name]
