"""What every test run does: settle how long Hypothesis looks, count the tests skipped for absent
programs.

Hypothesis takes the same examples in every run, and no time that an example takes is a failure: a
test that passed passes again, however busy the machine is.  `--hypothesis-profile prove`, which
`make prove` gives, looks for new examples instead, and for more of them.

A skip that says "outside program absent: ..." is expected on a user's machine and is
only counted there.  Where ZYN_REQUIRE_TOOLS=1, as in CI, it is reported as a failure.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.support.outside import ABSENT

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "prove",
    settings.get_profile("ci"),
    derandomize=False,
    max_examples=1000,
    stateful_step_count=100,
)
settings.load_profile("ci")

TOOLS_REQUIRED = os.environ.get("ZYN_REQUIRE_TOOLS") == "1"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of one test into a failure where tools are required."""
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a module that skips itself as a whole."""
    return _judged((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests did not run for want of a program, on every run."""
    reports = [
        report
        for outcome in ("skipped", "failed", "error")
        for report in terminalreporter.stats.get(outcome, [])
        if _absent_reason(report) is not None
    ]
    terminalreporter.write_line(f"skipped for absent programs: {len(reports)}")


def _judged(report: Report) -> Report:
    reason = _absent_reason(report)
    if TOOLS_REQUIRED and report.skipped and reason is not None:
        report.outcome = "failed"
        report.longrepr = f"{reason} (and ZYN_REQUIRE_TOOLS=1 allows no such skip)"
    return report


def _absent_reason(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """The reason of a skip for an absent program, also after it became a failure."""
    longrepr = report.longrepr
    reason = longrepr[2] if isinstance(longrepr, tuple) else longrepr
    if not isinstance(reason, str):
        return None
    reason = reason.removeprefix("Skipped: ")
    return reason if reason.startswith(ABSENT) else None
