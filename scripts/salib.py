#!/usr/bin/env python3
"""Shares of variance beside those of SALib.

A crisis whose parameters have ranges of three grades. `climbdown drivers` says how much of the variance
of its headline over futures knowing one grade alone would remove (closed index), and how much is left
when all others are known (total index). SALib (`sobol`, groups of inputs) draws its own futures from the
same ranges; each is written into the text of the scenario and forecast by `climbdown forecast`, so that
the two share the model and nothing of the estimate.

    pip install SALib
    cargo build --release
    python scripts/salib.py --climbdown target/release/climbdown

Exits with 1 where the two differ by more than four standard errors of their difference. Installs nothing.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from pathlib import Path

import numpy
from SALib.analyze import sobol as analyze
from SALib.sample import sobol as sample

SCENARIO = Path(__file__).parent.parent / "scenarios/games/red-line.crisis"
GRADES = {
    "prior_resolved": "A",
    "clarity": "A",
    "gain": "B",
    "harm": "B",
    "answer_cost": "C",
    "silence": "C",
    "enforced": "C",
}
POINTS = "9"


def graded(text):
    """The scenario with its parameters in three grades, and the ranges of these."""
    ranges = {}
    for name, grade in GRADES.items():
        found = re.search(rf"(?ms)^parameter {name} = (\S+) \.\. (\S+) \.\. (\S+)$.*?grade (C)", text)
        ranges[name] = tuple(float(found[i]) for i in (1, 2, 3))
        text = text[: found.start(4)] + grade + text[found.end(4) :]
    return text, ranges


def quantile(bounds, u):
    """Of the split triangular distribution: the central value is the median."""
    low, central, high = bounds
    if u <= 0.5:
        return low + (central - low) * sqrt(2 * u)
    return high - (high - central) * sqrt(2 * (1 - u))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--climbdown", default="target/release/climbdown")
    arguments.add_argument("--samples", type=int, default=512, help="a power of two")
    arguments.add_argument("--futures", type=int, default=1024)
    asked = arguments.parse_args()
    text, ranges = graded(SCENARIO.read_text())
    names = list(ranges)

    def climbdown(folder, text, *words):
        file = Path(folder) / "it.crisis"
        file.write_text(text)
        done = subprocess.run(
            [asked.climbdown, words[0], str(file), "--json", *words[1:]],
            capture_output=True, text=True, check=True,
        )
        return json.loads(done.stdout)

    with tempfile.TemporaryDirectory() as folder:
        found = climbdown(
            folder, text, "drivers", "--futures", str(asked.futures), "--coarse-points", POINTS, "--tip", "0"
        )
    measure = found["measure"]
    assert not measure["question"], measure

    def headline(row):
        changed = text
        for name, u in zip(names, row):
            line = rf"(?m)^parameter {name} = .*$"
            changed = re.sub(line, f"parameter {name} = {quantile(ranges[name], u)!r}", changed)
        with tempfile.TemporaryDirectory() as folder:
            forecast = climbdown(folder, changed, "forecast", "--belief-points", POINTS)
        return forecast["classes"][measure["name"]][measure["round"]]

    problem = {
        "num_vars": len(names),
        "names": names,
        "bounds": [[0.0, 1.0]] * len(names),
        "groups": [GRADES[name] for name in names],
    }
    rows = sample.sample(problem, asked.samples, calc_second_order=False, seed=7)
    with ThreadPoolExecutor(2) as pool:
        values = numpy.array(list(pool.map(headline, rows)))
    theirs = analyze.analyze(problem, values, calc_second_order=False, seed=7)

    doubt = found["doubt"]
    spread = float(numpy.std(values))
    print(f"{len(rows)} futures of SALib, {asked.futures} of climbdown; {measure['label']}")
    print(f"standard deviation of the headline: {spread:.4f} and {doubt['standard_deviation']:.4f}")
    print("grade  index     SALib            climbdown          z")
    worst = 0.0
    for k, grade in enumerate(sorted(set(GRADES.values()))):
        own = next(g for g in doubt["grades"] if g["group"].get("grade") == grade)
        for index, key in (("alone", "S1"), ("total", "ST")):
            share, error = float(theirs[key][k]), float(theirs[key + "_conf"][k]) / 1.96
            z = (own[index]["share"] - share) / sqrt(error**2 + own[index]["error"] ** 2)
            worst = max(worst, abs(z))
            print(
                f"{grade:<6} {index:<8} {share:.3f} ± {error:.3f}    "
                f"{own[index]['share']:.3f} ± {own[index]['error']:.3f} {z:10.2f}"
            )
    print(f"largest |z| {worst:.2f}")
    return 0 if worst < 4.0 else 1


if __name__ == "__main__":
    sys.exit(main())
