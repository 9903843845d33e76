"""The pytest plugin: hooks and fixtures. Nothing else of fnfuzz is imported before a test asks for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fnfuzz.app import App
    from fnfuzz.pytest_plugin.findings import FindingCase
    from fnfuzz.pytest_plugin.playing import PlayedHost
    from fnfuzz.pytest_plugin.recorded import RecordedCase
    from fnfuzz.pytest_plugin.session import Session

__all__ = ["fnfuzz_app", "fnfuzz_case", "fnfuzz_host", "fnfuzz_record"]

MARKERS = (
    "fnfuzz_corpus(folder, ..., contract=, function=, trigger=, status=, shape=, since=, until=): "
    "one test for each record of a corpus; the fixture fnfuzz_record is the record.",
    "fnfuzz_cases(path, ...): one test for each case file of `fnfuzz run`; the fixture fnfuzz_case is the case.",
)
MARKED = {"fnfuzz_corpus": "fnfuzz_record", "fnfuzz_cases": "fnfuzz_case"}
"""Which fixture a marker feeds."""

CORPUS = "corpus.json"
"""Makes a folder a corpus; named again here, so that collecting needs no other room."""

LEFT = "fnfuzz_left"
"""Where a worker of pytest-xdist leaves the answers that were accepted, and what is to be told at the end."""

_SESSION = pytest.StashKey["Session"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini keys."""
    group = parser.getgroup("fnfuzz", "fnfuzz, which plays the serverless host")
    group.addoption("--fnfuzz-app", metavar="APP", help="The app under test; overrules fnfuzz_app of the ini file.")
    group.addoption(
        "--fnfuzz-accept",
        action="store_true",
        help="Take new answers into the corpora instead of failing. Never in CI.",
    )
    app = "The app under test: folder, executable or command, in the words of `fnfuzz run`."
    parser.addini("fnfuzz_app", app, default="")
    chosen = "The configuration of the app; `none` for none. Else it is looked for as `fnfuzz run` does."
    parser.addini("fnfuzz_config", chosen, default="")
    parser.addini("fnfuzz_cases", "Case files of `fnfuzz run`, or folders of them: each is a test.", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Markers; no accepting in CI; case files are tests wherever they lie."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    if config.getoption("fnfuzz_accept") and os.environ.get("CI"):
        raise pytest.UsageError("--fnfuzz-accept changes corpora, so it is refused where the variable CI is set")
    if config.args_source is not config.ArgsSource.ARGS:
        # Those outside of testpaths would not be come by.
        config.args += [str(path) for path in _case_paths(config) if path.exists()]


def pytest_report_header(config: pytest.Config) -> str | None:
    """The app, where there is one."""
    named = _named_app(config)
    return f"fnfuzz app: {named}" if named else None


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Folders such as .fnfuzz, which pytest passes over, are looked into where case files are named in them."""
    if not collection_path.name.startswith("."):
        return None
    inside = any(path.is_relative_to(collection_path) for path in _case_paths(config))
    return False if inside else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Corpora, where an app is named, and the case files of the ini file."""
    if file_path.suffix != ".json":
        return None
    paths = _case_paths(parent.config)
    if file_path in paths or file_path.parent in paths:
        from fnfuzz.pytest_plugin.items import CaseFile

        return CaseFile.of(parent, file_path)
    if file_path.name == CORPUS and _named_app(parent.config):
        from fnfuzz.pytest_plugin.items import CorpusFile

        return CorpusFile.of(parent, file_path)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each record or case that a marker names."""
    for marker, fixture in MARKED.items():
        marks = list(metafunc.definition.iter_markers(marker))
        if marks:
            from fnfuzz.pytest_plugin.items import marked

            asked = fixture in metafunc.fixturenames
            chosen = marked(session_of(metafunc.config), marker, marks)
            if not asked:
                metafunc.fixturenames.append(fixture)
            names = [item.name for item in chosen]
            metafunc.parametrize(fixture, [(item, asked) for item in chosen], ids=names, indirect=True)


def pytest_itemcollected(item: pytest.Item) -> None:
    """The fixture of a marker is there although the test does not name it."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        names = (fixture for fixture in MARKED.values() if fixture in item.callspec.params)
        item.fixturenames.extend(name for name in names if name not in item.fixturenames)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """A marked test that does not ask for its record or case has it checked before its own body."""
    if _SESSION in pyfuncitem.config.stash:
        for fixture in MARKED.values():
            case: Any = pyfuncitem.funcargs.get(fixture)
            if case is not None and not getattr(case, "asked", True):
                case.check()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test that fails shows the last event that it sent."""
    outcome: Any = yield
    session = item.config.stash.get(_SESSION, None)
    if session is not None:
        session.tell(outcome.get_result())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End all instances, and tear down. What was accepted is written by the one process that no other reads beside."""
    ours = session.config.stash.get(_SESSION, None)
    if ours is None:
        return
    ours.close()
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[LEFT] = ours.packed()
    elif (not ours.accepted.write() or ours.failed) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist has left."""
    left = getattr(node, "workeroutput", {}).get(LEFT)
    if left:
        session_of(node.config).add_packed(left)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What became of the answers that were accepted, and what failed outside of the tests."""
    session = config.stash.get(_SESSION, None)
    for line in session.told if session is not None else ():
        terminalreporter.write_line(f"fnfuzz: {line}")


@pytest.fixture(scope="session")
def fnfuzz_app(pytestconfig: pytest.Config) -> App:
    """The app under test, as --fnfuzz-app or fnfuzz_app in the ini file names it. Override it to name another one."""
    return session_of(pytestconfig).app()


@pytest.fixture(scope="session")
def fnfuzz_host(pytestconfig: pytest.Config, fnfuzz_app: App | Path | str) -> PlayedHost:
    """Plays the host for fnfuzz_app: ``fnfuzz_host.invoke(event)``. One instance, replaced when it has died."""
    return session_of(pytestconfig).host(fnfuzz_app).started()


@pytest.fixture
def fnfuzz_record(request: pytest.FixtureRequest, fnfuzz_host: PlayedHost) -> RecordedCase:
    """A record of the corpus that @pytest.mark.fnfuzz_corpus names: ``fnfuzz_record.check()``."""
    case, asked = _parameter(request, "fnfuzz_record")
    return session_of(request.config).recorded(case, fnfuzz_host, asked=asked)


@pytest.fixture
def fnfuzz_case(request: pytest.FixtureRequest, fnfuzz_host: PlayedHost) -> FindingCase:
    """A finding of `fnfuzz run` that @pytest.mark.fnfuzz_cases names: ``fnfuzz_case.check()``."""
    case, asked = _parameter(request, "fnfuzz_case")
    return session_of(request.config).finding(case, fnfuzz_host, asked=asked)


def session_of(config: pytest.Config) -> Session:
    """What fnfuzz knows in this run of pytest."""
    if _SESSION not in config.stash:
        from fnfuzz.pytest_plugin.session import Session

        config.stash[_SESSION] = Session(config, _named_app(config), _base(config), _config_file(config))
    return config.stash[_SESSION]


def _named_app(config: pytest.Config) -> str:
    # The command line overrules the ini file.
    return str(config.getoption("fnfuzz_app") or config.getini("fnfuzz_app") or "").strip()


def _base(config: pytest.Config) -> Path:
    """What relative names of the app are relative to: where pytest was called, or the folder of the ini file."""
    if config.getoption("fnfuzz_app"):
        return config.invocation_params.dir
    return _ini_folder(config)


def _ini_folder(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath is not None else config.rootpath


def _config_file(config: pytest.Config) -> Path | str:
    """The configuration that the ini file names, ``none`` for none; empty where it does not say."""
    said = str(config.getini("fnfuzz_config") or "").strip()
    return said if said in ("", "none") else _ini_folder(config) / said


def _case_paths(config: pytest.Config) -> list[Path]:
    paths: list[Path] = config.getini("fnfuzz_cases")
    return paths


def _parameter(request: pytest.FixtureRequest, fixture: str) -> tuple[Any, bool]:
    if not hasattr(request, "param"):
        marker = next(name for name, fed in MARKED.items() if fed == fixture)
        pytest.fail(f'{fixture} needs a marker that says which: @pytest.mark.{marker}("folder")', pytrace=False)
    parameter: tuple[Any, bool] = request.param
    return parameter
