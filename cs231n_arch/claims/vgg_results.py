"""Claims of the chapter on VGG: how it was trained, its results, and what its features are good for."""

from cs231n_arch import published
from cs231n_arch.claims.runs import by_run
from cs231n_arch.claims.verdicts import Verdict, checks, listed, settle


@checks("vgg-error")
def error() -> Verdict:
    """The contest's figure, and the later ones of the same paper."""
    contest = published.value("ILSVRC2014 VGG", "top5_error_paper")
    one, two = (published.value(f"VGG {nets} multi-crop & dense", "top5_error_test") for nets in ("1 net", "D+E"))
    return settle(
        f"{contest:g} % with seven nets; after the contest {one} % with one net and {two} % with two",
        holds=round(contest, 1) == 7.3,
    )


@checks("vgg-rank")
def rank() -> Verdict:
    """Places as the paper's abstract states them."""
    places = {
        task: published.value("VGG", f"rank_ilsvrc2014_{task}") for task in ("classification", "localization")
    }
    return settle(
        listed([f"place {place:.0f} in {task}" for task, place in places.items()]),
        holds=places == {"classification": 2, "localization": 1},
    )


@checks("vgg-recipe")
def recipe() -> Verdict:
    """Field by field against AlexNet's."""
    names = {
        "momentum": "momentum",
        "weight_decay": "weight decay",
        "lr": "first rate",
        "batch_size": "batch size",
    }
    vgg, alexnet = ({name: published.value(net, name) for name in names} for net in ("VGG", "AlexNet"))
    same = [words for name, words in names.items() if vgg[name] == alexnet[name]]
    other = [f"{words} {vgg[n]:g} instead of {alexnet[n]:g}" for n, words in names.items() if vgg[n] != alexnet[n]]
    return settle(
        f"{listed(same)} are the same; {listed(other)}",
        holds={"momentum", "weight decay", "first rate"} <= set(same),
    )


@checks("vgg-19")
def nineteen() -> Verdict:
    """The errors at the best single scale."""
    sixteen, more = (
        published.value(f"VGG-{net}", "top1_error_single_scale S=[256;512] Q=384") for net in ("D", "E")
    )
    return settle(
        f"top-1 error {sixteen} % with 16 and {more} % with 19 layers",
        holds=0 < sixteen - more < 0.5,
    )


@checks("vgg-ensemble")
def ensembles() -> Verdict:
    """The best single net against the best two."""
    one, two = (published.value(f"VGG {nets} multi-crop & dense", "top5_error_val") for nets in ("1 net", "D+E"))
    return settle(f"top-5 error {one} % with one net, {two} % with two", holds=two < one)


@checks("vgg-localization")
def localization() -> Verdict:
    """The task as the contest's authors define it."""
    task = published.load("ILSVRC localization task", "definition")["value"].item()
    return settle(f"the contest: {task}", holds="class" in task and "box" in task)


@checks("vgg-boxes")
def boxes() -> Verdict:
    """A net whose last layer is replaced by the four numbers of a box, against the mean box."""
    error = published.value("VGG", "top5_localization_error_test")
    return by_run("vgg-boxes", f"the paper: {error} % localization error on ImageNet")


@checks("vgg-one-box")
def one_box() -> Verdict:
    """Whether the contest's images have one instance of the class only."""
    task = published.load("ILSVRC localization task", "instances")["value"].item()
    return settle(f"the contest: {task}", holds="several" not in task)
