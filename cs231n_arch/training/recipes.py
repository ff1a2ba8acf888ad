"""Every recipe by name: `recipes.get("alexnet")` is how AlexNet's paper says that it was trained."""

from cs231n_arch.errors import unknown
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


def get(name: str) -> Recipe:
    """The recipe of a paper.

    Raises:
        ValueError: no recipe has this name; the message lists those with a similar one.
    """
    if name not in RECIPES:
        raise ValueError(unknown("recipe", name, RECIPES))
    return RECIPES[name]
