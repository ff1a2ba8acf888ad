"""Every model's name, file and paper. Nothing is imported here, so that the command line can answer at once."""

from dataclasses import dataclass
from fnmatch import fnmatch

# Files whose chapter has another name.
CHAPTERS = {
    "inception": "googlenet",
    "inception_v4": "googlenet",
    "preact_resnet": "identity_mappings",
}


@dataclass(frozen=True)
class Entry:
    """Where a model is defined, and in which paper.

    Attributes:
        file: the module in `cs231n_arch.models`; it holds a function with the model's name.
        paper: citation key in the book's bibliography.
    """

    file: str
    paper: str

    @property
    def chapter(self) -> str:
        """The book's page on the model."""
        return CHAPTERS.get(self.file, self.file)


# In the order of the lecture: file -> citation key of its paper, and the models that it defines.
FILES = {
    "lenet": ("lecun1998", "lenet5"),
    "alexnet": ("krizhevsky2012", "alexnet alexnet_two_gpu alexnet_cifar"),
    "zfnet": ("zeiler2014", "zfnet"),
    "vgg": ("simonyan2015", "vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn"),
    "nin": ("lin2014", "nin_cifar nin_imagenet"),
    "googlenet": ("szegedy2015", "googlenet inception_naive"),
    "inception": ("szegedy2016", "inception_v2 inception_v3"),
    "inception_v4": ("szegedy2017", "inception_v4 inception_resnet_v2"),
    "resnet": (
        "he2016",
        "resnet18 resnet34 resnet50 resnet101 resnet152 plain18 plain34 resnet_cifar resnet20 resnet32 "
        "resnet44 resnet56 resnet110 resnet1202 plain20 plain32 plain44 plain56 plain110",
    ),
    "preact_resnet": ("he2016identity", "preact_resnet preact_resnet110 preact_resnet164 preact_resnet1001"),
    "wide_resnet": (
        "zagoruyko2016",
        "wide_resnet wide_resnet28_10 wide_resnet40_4 wide_resnet50_2 wide_resnet101_2",
    ),
    "resnext": (
        "xie2017",
        "resnext resnext50_32x4d resnext101_32x8d resnext101_64x4d resnext_cifar resnext29_8x64d",
    ),
    "stochastic_depth": ("huang2016", "stochastic_resnet stochastic_resnet110"),
    "fractalnet": ("larsson2017", "fractalnet_cifar fractalnet_imagenet"),
    "densenet": (
        "huang2017",
        "densenet121 densenet169 densenet201 densenet161 densenet_cifar densenet40_12 densenet_bc100_12",
    ),
    "squeezenet": (
        "iandola2016",
        "squeezenet1_0 squeezenet1_1 squeezenet_simple_bypass squeezenet_complex_bypass",
    ),
    "senet": ("hu2018", "se_resnet50 se_resnet_cifar se_resnet20"),
}
MODELS: dict[str, Entry] = {
    name: Entry(file, paper) for file, (paper, names) in FILES.items() for name in names.split()
}

# Earlier names, which still work; `list_models` has only the new ones.
ALIASES = {
    "alexnet_cifar10": "alexnet_cifar",
    "cifar_resnet": "resnet_cifar",
    "se_cifar_resnet": "se_resnet_cifar",
}


def list_models(pattern: str = "*") -> list[str]:
    """Names of the models that match a shell pattern, in the order of the lecture.

    Args:
        pattern: such as `vgg*`. Without a wildcard it is one model's name or, if no model has it, the beginning of
            names: `list_models("resnet")` gives what `list_models("resnet*")` gives.
    """
    if pattern not in MODELS and not any(sign in pattern for sign in "*?["):
        pattern = f"{pattern}*"
    return [name for name in MODELS if fnmatch(name, pattern)]
