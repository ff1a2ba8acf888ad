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


MODELS: dict[str, Entry] = {
    "lenet5": Entry("lenet", "lecun1998"),
    "alexnet": Entry("alexnet", "krizhevsky2012"),
    "alexnet_two_gpu": Entry("alexnet", "krizhevsky2012"),
    "alexnet_cifar": Entry("alexnet", "krizhevsky2012"),
    "zfnet": Entry("zfnet", "zeiler2014"),
    "vgg11": Entry("vgg", "simonyan2015"),
    "vgg13": Entry("vgg", "simonyan2015"),
    "vgg16": Entry("vgg", "simonyan2015"),
    "vgg19": Entry("vgg", "simonyan2015"),
    "vgg11_bn": Entry("vgg", "simonyan2015"),
    "vgg13_bn": Entry("vgg", "simonyan2015"),
    "vgg16_bn": Entry("vgg", "simonyan2015"),
    "vgg19_bn": Entry("vgg", "simonyan2015"),
    "nin_cifar": Entry("nin", "lin2014"),
    "nin_imagenet": Entry("nin", "lin2014"),
    "googlenet": Entry("googlenet", "szegedy2015"),
    "inception_naive": Entry("googlenet", "szegedy2015"),
    "inception_v2": Entry("inception", "szegedy2016"),
    "inception_v3": Entry("inception", "szegedy2016"),
    "inception_v4": Entry("inception_v4", "szegedy2017"),
    "inception_resnet_v2": Entry("inception_v4", "szegedy2017"),
    "resnet18": Entry("resnet", "he2016"),
    "resnet34": Entry("resnet", "he2016"),
    "resnet50": Entry("resnet", "he2016"),
    "resnet101": Entry("resnet", "he2016"),
    "resnet152": Entry("resnet", "he2016"),
    "plain18": Entry("resnet", "he2016"),
    "plain34": Entry("resnet", "he2016"),
    "resnet_cifar": Entry("resnet", "he2016"),
    "resnet20": Entry("resnet", "he2016"),
    "resnet32": Entry("resnet", "he2016"),
    "resnet44": Entry("resnet", "he2016"),
    "resnet56": Entry("resnet", "he2016"),
    "resnet110": Entry("resnet", "he2016"),
    "resnet1202": Entry("resnet", "he2016"),
    "plain20": Entry("resnet", "he2016"),
    "plain32": Entry("resnet", "he2016"),
    "plain44": Entry("resnet", "he2016"),
    "plain56": Entry("resnet", "he2016"),
    "plain110": Entry("resnet", "he2016"),
    "preact_resnet": Entry("preact_resnet", "he2016identity"),
    "preact_resnet110": Entry("preact_resnet", "he2016identity"),
    "preact_resnet164": Entry("preact_resnet", "he2016identity"),
    "preact_resnet1001": Entry("preact_resnet", "he2016identity"),
    "wide_resnet": Entry("wide_resnet", "zagoruyko2016"),
    "wide_resnet28_10": Entry("wide_resnet", "zagoruyko2016"),
    "wide_resnet40_4": Entry("wide_resnet", "zagoruyko2016"),
    "wide_resnet50_2": Entry("wide_resnet", "zagoruyko2016"),
    "wide_resnet101_2": Entry("wide_resnet", "zagoruyko2016"),
    "resnext": Entry("resnext", "xie2017"),
    "resnext50_32x4d": Entry("resnext", "xie2017"),
    "resnext101_32x8d": Entry("resnext", "xie2017"),
    "resnext101_64x4d": Entry("resnext", "xie2017"),
    "resnext_cifar": Entry("resnext", "xie2017"),
    "resnext29_8x64d": Entry("resnext", "xie2017"),
    "stochastic_resnet": Entry("stochastic_depth", "huang2016"),
    "stochastic_resnet110": Entry("stochastic_depth", "huang2016"),
    "fractalnet_cifar": Entry("fractalnet", "larsson2017"),
    "fractalnet_imagenet": Entry("fractalnet", "larsson2017"),
    "densenet121": Entry("densenet", "huang2017"),
    "densenet169": Entry("densenet", "huang2017"),
    "densenet201": Entry("densenet", "huang2017"),
    "densenet161": Entry("densenet", "huang2017"),
    "densenet_cifar": Entry("densenet", "huang2017"),
    "densenet40_12": Entry("densenet", "huang2017"),
    "densenet_bc100_12": Entry("densenet", "huang2017"),
    "squeezenet1_0": Entry("squeezenet", "iandola2016"),
    "squeezenet1_1": Entry("squeezenet", "iandola2016"),
    "squeezenet_simple_bypass": Entry("squeezenet", "iandola2016"),
    "squeezenet_complex_bypass": Entry("squeezenet", "iandola2016"),
    "se_resnet50": Entry("senet", "hu2018"),
    "se_resnet_cifar": Entry("senet", "hu2018"),
    "se_resnet20": Entry("senet", "hu2018"),
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
