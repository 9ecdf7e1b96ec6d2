"""Run every benchmark, one process each, and print what they measured.

A benchmark is a file `bench_<what>.py` beside this one.  It prints one line of JSON per
measurement: {"name": ..., "value": ..., "unit": ..., "goal": ...}; other lines pass through.
The measurements are also kept in build/bench.json, for comparison with an earlier run.
Numbers are reported, never asserted: only a benchmark that breaks makes this fail.

    python benchmarks/run.py [WHAT ...]
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "build" / "bench.json"


def main(wanted: list[str]) -> int:
    """Run the benchmarks named, or all of them."""
    scripts = [
        script
        for script in sorted(HERE.glob("bench_*.py"))
        if not wanted or script.stem.removeprefix("bench_") in wanted
    ]
    if not scripts:
        print("no such benchmark" if wanted else "no benchmarks yet", file=sys.stderr)
        return 2
    measurements: list[dict[str, object]] = []
    broken: list[str] = []
    for script in scripts:
        print(f"== {script.stem.removeprefix('bench_')}", flush=True)
        if not _run(script, measurements):
            broken.append(script.name)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(measurements, indent=1) + "\n", encoding="utf-8")
    for name in broken:
        print(f"{name} failed", file=sys.stderr)
    return 1 if broken else 0


def _run(script: Path, measurements: list[dict[str, object]]) -> bool:
    """Run one script to its end, collecting its measurements as they appear."""
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            measurement = _measurement(line)
            if measurement is None:
                print(f"   {line.rstrip()}", flush=True)
            else:
                measurements.append(measurement)
                print(f"   {_picture(measurement)}", flush=True)
    return process.returncode == 0


def _measurement(line: str) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and {"name", "value"} <= value.keys() else None


def _picture(measurement: dict[str, object]) -> str:
    unit = measurement.get("unit", "")
    goal = f"   (goal: {measurement['goal']} {unit})" if "goal" in measurement else ""
    return f"{measurement['name']:<48} {measurement['value']:>12} {unit}{goal}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
