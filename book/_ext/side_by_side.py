"""Sphinx extension: chapters that must be executed run two at a time.

MyST-NB executes a chapter when it reads it, one after the other. Here those
that its cache does not have are executed first, with a kernel for each core,
and put into the cache, where MyST-NB finds them. Two kinds are left to it:
chapters that fail, which it executes again and reports as ever, and those
whose metadata say "alone", since they measure what others would disturb.

The cache knows a chapter by its cells alone. When the library changes, whose
results it holds (`executed.state`), it is emptied and all chapters are read
again.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from executed import state, taken
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
MOST = 4  # kernels; each needs a gigabyte of memory


def execute_first(
    app: Sphinx, env: BuildEnvironment, docnames: list[str]
) -> None:
    """Execute the chapters that are about to be read, and cache them."""
    config = env.mystnb_config  # type: ignore[attr-defined]
    if config.execution_mode != "cache":
        return
    cache = get_cache(config.execution_cache_path)
    wanted = dict(missing(env, cache, docnames))
    for file in list(wanted):
        notebook = taken(file)
        if notebook is not None:
            put(cache, file, notebook)
            del wanted[file]
            logger.info("%s taken from the tests", file.name)
    workers = min(MOST, os.cpu_count() or 1)
    if len(wanted) < 2 or workers < 2:
        return
    logger.info("executing %d chapters, %d at a time", len(wanted), workers)
    pool = ThreadPoolExecutor(workers)
    running: dict[Future[ExecutionResult], Path] = {
        pool.submit(
            single_nb_execution,
            notebook,
            cwd=str(file.parent),
            timeout=config.execution_timeout,
            allow_errors=config.execution_allow_errors,
        ): file
        for file, notebook in wanted.items()
    }
    try:
        for done in as_completed(running):
            keep(cache, running[done], done)
    finally:
        pool.shutdown(cancel_futures=True)


def forget_other_states(
    app: Sphinx, env: BuildEnvironment, *_: set[str]
) -> list[str]:
    """Empty a cache whose outputs another state of the library gave.

    Returns:
        The pages that show these outputs; Sphinx reads them again.
    """
    config = env.mystnb_config  # type: ignore[attr-defined]
    if config.execution_mode != "cache":
        return []
    stamp, now = Path(config.execution_cache_path, "state"), state()
    if stamp.is_file() and stamp.read_text() == now:
        return []
    get_cache(config.execution_cache_path).clear_cache()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now)
    pages = env.found_docs
    return [page for page in pages if env.doc2path(page).endswith(".ipynb")]


def missing(
    env: BuildEnvironment, cache: JupyterCacheAbstract, docnames: list[str]
) -> Iterator[tuple[Path, NotebookNode]]:
    """Files and content of the chapters that can be executed together."""
    for docname in docnames:
        file = Path(env.doc2path(docname))
        if file.suffix == ".ipynb":
            notebook = nbformat.read(file, as_version=4)
            if notebook.metadata.get("alone"):
                continue
            try:
                cache.match_cache_notebook(notebook)
            except KeyError:
                yield file, notebook


def keep(
    cache: JupyterCacheAbstract, file: Path, done: Future[ExecutionResult]
) -> None:
    """Cache one executed chapter, unless it failed."""
    if done.exception() is not None or done.result().err is not None:
        logger.info("%s failed; it is executed again", file.name)
        return
    result = done.result()
    put(cache, file, result.nb, execution_seconds=result.time)
    logger.info("%s executed in %.0f s", file.name, result.time)


def put(
    cache: JupyterCacheAbstract,
    file: Path,
    executed: NotebookNode,
    **data: float,
) -> None:
    """Put one executed chapter into the cache."""
    bundle = CacheBundleIn(executed, str(file), data=data)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moments before and after Sphinx chooses its pages."""
    app.connect("env-get-outdated", forget_other_states)
    app.connect("env-before-read-docs", execute_first)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
