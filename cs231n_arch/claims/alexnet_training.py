"""Claims of the chapter on AlexNet: its layers that are no longer usual, and how it was trained."""

from cs231n_arch import published
from cs231n_arch.claims.counts import of_kind, spoken
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle

NORMALISATION = ("LocalResponseNorm", "TowerNorm")
LATER = ("vgg16", "googlenet", "inception_v3", "resnet50", "resnext50_32x4d", "densenet121", "squeezenet1_0")


@checks("alexnet-relu")
def relu() -> Verdict:
    """Papers that used rectified units before 2012."""
    earlier = published.load("ReLU", "earlier_use")["value"].tolist()
    return settle(f"used before by {'; '.join(earlier)}", holds=not earlier)


@checks("alexnet-norm")
def normalisation() -> Verdict:
    """Layers of local response normalization."""
    names = list(of_kind("alexnet", *NORMALISATION)["name"])
    return settle(f"two layers, {listed(names)}", holds=len(names) == 2)


@checks("alexnet-norm-gone")
def normalisation_gone() -> Verdict:
    """Which later nets of the lecture still have such layers."""
    have = [name for name in LATER if len(of_kind(name, *NORMALISATION))]
    return settle(
        f"of the later nets {listed([spoken(name) for name in LATER])} only {listed([spoken(n) for n in have])} "
        "has them",
        holds=have == ["googlenet"],
    )


@checks("alexnet-lrn-effect")
def normalisation_elsewhere() -> Verdict:
    """VGG's own comparison, of its net A."""
    plain, lrn = (published.value(f"VGG-A{x}", "top1_error_single_scale S=256 Q=256") for x in ("", "-LRN"))
    gain = published.value("AlexNet", "gain_lrn_top1")
    return settle(
        f"VGG's net A: top-1 error {plain} % without it and {lrn} % with it; AlexNet's paper reports {gain} "
        "points less error",
        holds=abs(lrn - plain) < 0.5,
    )


@checks("alexnet-lrn")
def normalisation_effect() -> Verdict:
    """Test error with and without local response normalization."""
    with_, without = (
        published.value("AlexNet", f"test_error_cifar10_4_layers {how} LRN") for how in ("with", "without")
    )
    return by_run(
        "alexnet-lrn", f"the paper: {without:g} % without and {with_:g} % with it, four layers on CIFAR-10"
    )


@checks("alexnet-aug")
def augmentation() -> Verdict:
    """The augmentation that the paper describes in its Section 4.1."""
    printed = published.load("AlexNet", "augmentation")["value"].item()
    return settle(
        "the paper: random crops of 224 from 256 pixels, mirror images, and changes of color",
        holds=all(word in printed for word in ("crops", "flips", "colour")),
    )


@checks("alexnet-aug-effect")
def augmentation_effect() -> Verdict:
    """Test error with and without shifted and mirrored images."""
    gain = published.load("AlexNet", "gain_pca_colour")["value"].item().replace(">", "more than ")
    return by_run("alexnet-aug-effect", f"the paper: changes of color alone save {gain} point of top-1 error")


@checks("alexnet-dropout")
def dropout() -> Verdict:
    """Slide against paper."""
    slide, paper = (published.value("AlexNet", f"dropout{where}") for where in ("_slide", ""))
    return settle(
        f"the paper: {paper:g}, in two dense layers", printed=f"probability {slide:g}", holds=slide == paper
    )


@checks("alexnet-recipe")
def recipe() -> Verdict:
    """Slide against paper, number by number."""
    names = {
        "batch_size": "batch size",
        "momentum": "momentum",
        "lr": "first rate",
        "weight_decay": "weight decay",
    }
    slide, paper = (
        {name: published.value("AlexNet", name + suffix) for name in names} for suffix in ("_slide", "")
    )
    printed, ours = (listed([f"{names[n]} {v:g}" for n, v in side.items()]) for side in (slide, paper))
    return settle(
        ours,
        printed=printed,
        holds=slide == paper,
    )


@checks("alexnet-ensemble")
def ensemble() -> Verdict:
    """The slide's two errors, and the paper's of nets that were trained alike."""
    one, seven = (published.value("AlexNet", f"top5_error_{n}CNN_slide") for n in (1, 7))
    five, extra = (published.value("AlexNet", f"top5_error_val_{n}") for n in ("5CNN", "7CNN_pretrained"))
    return settle(
        f"five nets trained alike give {five} %; {extra} % needs two more, which were trained on further images",
        printed=f"seven nets: {one} % to {seven} %",
        holds=five == seven,
    )


@checks("alexnet-ensemble-effect")
def ensemble_effect() -> Verdict:
    """Test error of one net and of the mean of several."""
    one, five = (published.value("AlexNet", f"top5_error_val_{n}CNN") for n in (1, 5))
    return by_run("alexnet-ensemble-effect", f"the paper: one net {one} %, the mean of five {five} % top-5 error")


@checks("alexnet-transfer")
def transfer() -> Verdict:
    """The findings of a paper that gave AlexNet's features to other tasks."""
    told = published.load("AlexNet features (DeCAF)", "generic_tasks")["value"].item()
    caltech = published.value("AlexNet features (DeCAF)", "accuracy_caltech101")
    return settle(
        f"Donahue et al. (2014) give its features to linear classifiers: {told}, {caltech:.1f} % on Caltech-101",
        holds="above the state of the art" in told,
    )
