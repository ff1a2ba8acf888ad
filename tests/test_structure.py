"""The shape of the library: arrows go one way, files are short, one thing has one name, the version one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import cs231n_arch
from cs231n_arch.claims import ledger
from cs231n_arch.cli import SUBCOMMANDS
from cs231n_arch.experiments import EXPERIMENTS
from cs231n_arch.experiments.workbench import OURS
from cs231n_arch.models.names import MODELS
from cs231n_arch.training.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cs231n_arch"
FILES = sorted(PACKAGE.rglob("*.py"))

# What a part may import of the others, each from those above it. Anybody may use the version, and
# `anatomy.arithmetic`, which imports only `errors`. An arrow that nothing goes along is taken out.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "machine": set(),
    "threads": set(),
    "records": {"machine"},
    "data": {"errors"},
    "plots": set(),
    "published": {"errors"},
    "models": {"errors"},
    "anatomy": {"models", "errors"},
    "localization": {"models", "errors"},
    "compression": {"models", "anatomy", "records", "errors"},
    "diagrams": {"models", "plots"},
    "interop": {"models", "anatomy", "compression", "data", "records", "errors"},
    "create": {"interop", "models"},
    "transfer": {"anatomy"},
    "attribution": {"anatomy", "errors"},
    "explorer": {"create", "models"},
    "seeing": {"attribution", "create", "data", "explorer", "interop", "models"},
    "profiling": {"create", "models", "anatomy", "interop", "published", "machine", "records", "errors"},
    "training": {"models", "anatomy", "data", "machine", "records", "errors"},
    "experiments": {
        "create",
        "models",
        "anatomy",
        "data",
        "profiling",
        "training",
        "compression",
        "localization",
        "transfer",
        "machine",
        "records",
        "errors",
    },
    "moving": {"data", "errors", "experiments", "explorer"},
    "claims": {"create", "models", "anatomy", "published", "profiling", "experiments", "errors"},
    "notebook": {"plots", "threads", "training"},
    "cli": {
        "create", "models", "anatomy", "data", "machine", "records", "training", "profiling", "experiments",
        "claims", "threads", "interop", "attribution", "errors",
    },
    "__main__": {"cli"},
}  # fmt: skip
# Inside of `models`: what papers share, and a paper that goes on from another's file.
SHARED = {"layers", "residual", "variants"}
CONTINUED = {
    "inception_v4": {"inception"},
    "senet": {"resnet"},
    "stochastic_depth": {"resnet"},
}

# Chapters that are named for their subject and not, as their claims are, for the net or the command.
SUBJECTS = {"preact_resnet": "identity_mappings"}


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """What a file imports of the package, such as `models.layers.Net`, and whether it does so on import."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, _, what = name.partition(".")
            if package == "cs231n_arch" and what not in ("", "__version__"):
                yield cs231n_arch._HOMES.get(what, what), id(node) not in inside


def part(file: Path) -> str:
    """The part of the package that a file belongs to."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def arrows() -> Iterator[tuple[str, str, str, bool]]:
    """File, its part, the other part that it imports, and whether on import."""
    for file in FILES:
        for what, at_once in imports(file):
            target = what.split(".")[0]
            if (
                file != PACKAGE / "__init__.py"
                and target != part(file)
                and not what.startswith("anatomy.arithmetic.")
            ):
                yield file.relative_to(PACKAGE).as_posix(), part(file), target, at_once


def test_arrows_go_one_way() -> None:
    assert {part(file) for file in FILES} - {"__init__"} == set(ARROWS)
    for number, (name, allowed) in enumerate(ARROWS.items()):
        assert allowed <= set(list(ARROWS)[:number]), f"{name} is ahead of something that it may import"
    found = list(arrows())
    wrong = {(file, target) for file, name, target, _ in found if target not in ARROWS[name]}
    assert not wrong
    unused = {(n, t) for n, allowed in ARROWS.items() for t in allowed} - {(n, t) for _, n, t, _ in found}
    assert not unused, "arrows that may go"


def test_arithmetic_imports_nothing_but_the_refusals() -> None:
    assert {what for what, _ in imports(PACKAGE / "anatomy" / "arithmetic.py")} == {"errors.check_whole"}


def test_a_paper_imports_what_papers_share() -> None:
    for file in (PACKAGE / "models").glob("*.py"):
        used = {what.split(".")[1] for what, _ in imports(file) if what.startswith("models.")}
        if file.stem in SHARED:
            assert used <= {"layers"} - {file.stem}, file
        elif file.stem == "registry":
            assert used == {"layers", "names"}, "models are loaded when they are built"
        elif file.stem == "names":
            assert used == set(), "the command line lists the models without loading torch"
        elif file.stem != "__init__":
            assert used - SHARED == CONTINUED.get(file.stem, set()), file


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_files_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


def test_every_file_of_models_is_registered_or_shared() -> None:
    shared = SHARED | {"__init__", "names", "registry"}
    files = {file.stem for file in (PACKAGE / "models").glob("*.py")}
    assert files - shared == {entry.file for entry in MODELS.values()}


def test_names_of_recipes_claims_and_chapters_are_those_of_the_papers_files() -> None:
    papers = {entry.file: entry.paper for entry in MODELS.values()}
    for name, recipe in RECIPES.items():
        whose = {file for file in papers if name.startswith(file)}
        assert whose or name == "deep_compression", f"recipe {name}"
        assert recipe.name == name
    used = {recipe.paper for recipe in RECIPES.values()}
    assert set(papers.values()) <= used, "a paper without a recipe"
    chapters = set(ledger()["chapter"])
    assert chapters - set(papers) == {"history", "complexity", "power"}
    assert {file.stem for file in (PACKAGE / "claims").glob("*.py")} >= chapters


def test_a_chapter_is_named_as_its_papers_file_and_its_claims() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = {entry.file for entry in MODELS.values()}
    names = {SUBJECTS.get(name, name): name for name in [*files, *ledger()["chapter"]]}
    for section in toc["parts"]:
        if section["caption"] in ("The networks", "Beyond the lecture"):
            for page in section["chapters"]:
                name = Path(page["file"]).name
                if name == "batch_norm":  # a layer of all nets after it, without a net of its own
                    continue
                assert names.get(name) in files, page
                assert names[name] in set(ledger()["chapter"]), page
    pages = {Path(page["file"]).name for section in toc["parts"] for page in section["chapters"]}
    assert {SUBJECTS.get(name, name) for name in ledger()["chapter"]} <= pages
    assert {entry.chapter for entry in MODELS.values()} <= pages


def test_names_on_the_command_line_are_those_of_the_library() -> None:
    texts = [*FILES, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")), *(ROOT / "book").glob("*.ipynb")]
    said = {"": SUBCOMMANDS, "experiment": EXPERIMENTS, "summary": MODELS, "profile": MODELS, "--recipe": RECIPES}
    words = "|".join(filter(None, said))
    seen = 0
    for file in texts:
        text = file.read_text(encoding="utf-8")
        for name in re.findall(r"`cs231n-arch ([a-z]+)", text):
            assert name in SUBCOMMANDS, (file, name)
            seen += 1
        for what, name in re.findall(rf"cs231n-arch (?:[^`\n]* )?({words}) ([a-z][\w-]+)", text):
            assert name in said[what], (file, what, name)
    assert seen > 5


def test_experiments_train_models_by_recipes_for_claims_that_exist() -> None:
    known = {*MODELS, *OURS, "pixels"}  # the last is no net: a linear classifier of them
    for experiment in EXPERIMENTS.values():
        assert experiment.recipe in RECIPES, experiment.id
        assert set(experiment.claims) <= set(ledger()["id"]), experiment.id
        assert {arm.model for arm in experiment.arms.values()} <= known, experiment.id


def test_the_version_is_in_one_place() -> None:
    version = cs231n_arch.__version__
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert 'path = "cs231n_arch/__init__.py"' in project
    assert not re.search(r"^version\s*=", project, re.MULTILINE)
    # These two cannot read it, so they are held to it.
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[:2] == ["Unreleased", version]
