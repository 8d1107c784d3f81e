#!/usr/bin/env python3
"""Compares climbdown's forecast with the model checker Storm on the exported Markov chain.

    pip install 'stormpy>=2,<3'
    cargo build --release
    python scripts/storm.py --climbdown target/release/climbdown

The binary solves each game and exports the chain that play induces (`export --to drn`). The file is
checked by Storm, for every outcome class at the end of the window and every question by its round,
and by a reader and a matrix-vector product of this script's own, for every round. Both must agree
with `forecast --json`. Without stormpy only the script's own reading is compared, and that is said.

Games are shipped ones and seeded random ones that are written here. Where the export keeps every
belief exactly, all must agree to 1e-9; where it folds beliefs onto cells, the difference must be
small and is printed.

Exits with 1 when anything disagrees. Installs nothing.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import stormpy
except ImportError:
    stormpy = None

EXACT = 1e-9
FOLDED = 1e-3
SHIPPED = [
    "games/chain",
    "games/gamblers-ruin",
    "games/ladder",
    "games/crisis-a",
    "games/crisis-c",
    "games/brinkmanship-6",
    "games/coalition",
    "games/hotline",
    "textbook/fearon-1995",
    "textbook/powell-1990",
    "textbook/kydd-2005",
    "textbook/kreps-wilson-1982",
]
RANDOM = 12


def run(command):
    """Both streams of a command, which must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout, done.stderr


def read(path):
    """Header comments, labels by state, and rows of (state, probability) of a .drn file."""
    notes, labels, rows, declared = [], [], [], None
    lines = iter(path.read_text().splitlines())
    for line in lines:
        if line.startswith("//"):
            notes.append(line[3:])
        elif line == "@nr_states":
            declared = int(next(lines))
        elif line.startswith("state "):
            words = line.split()
            assert int(words[1]) == len(labels), line
            labels.append(set(words[2:]))
            rows.append([])
        elif line.startswith("\t\t"):
            to, probability = line.split(" : ")
            rows[-1].append((int(to), float(probability)))
    assert declared == len(labels), "the number of states is not the declared one"
    for row in rows:
        assert abs(sum(p for _, p in row) - 1) < 1e-9, "a row does not sum to one"
    assert [k for k, have in enumerate(labels) if "init" in have] == [0]
    return notes, labels, rows


def pushed(labels, rows, steps, goal=None):
    """After every number of steps: mass by state and, with a goal, what has come to it."""
    at, passed = {0: 1.0}, 0.0
    for _ in range(steps):
        following = {}
        for state, mass in at.items():
            for to, probability in rows[state]:
                if goal is not None and goal in labels[to]:
                    passed += mass * probability
                else:
                    following[to] = following.get(to, 0.0) + mass * probability
        at = following
        yield at, passed


def own(labels, rows, phases, forecast):
    """Largest difference of this script's reading from the forecast, over all rounds."""
    worst = 0.0
    series = next(iter(forecast["classes"].values()), None) or next(
        iter(forecast["questions"].values())
    )
    steps = 1 + phases * (len(series) - 1)
    for k, (at, _) in enumerate(pushed(labels, rows, steps)):
        if k % phases == 0:
            for name, values in forecast["classes"].items():
                mass = sum(m for s, m in at.items() if f"class_{name}" in labels[s])
                worst = max(worst, abs(mass - values[k // phases]))
    for name, values in forecast["questions"].items():
        for k, (_, passed) in enumerate(pushed(labels, rows, steps, f"question_{name}")):
            if k % phases == 0:
                worst = max(worst, abs(passed - values[k // phases]))
    return worst


def storm(path, labels, phases, window, forecast):
    """Largest difference of Storm's answers from the forecast: classes at the window, questions at
    the horizon."""
    model = stormpy.build_model_from_drn(str(path))
    asked = []
    for name, values in forecast["classes"].items():
        steps = 1 + phases * window
        asked.append((f"class_{name}", f"[{steps},{steps}]", values[window]))
    for name, values in forecast["questions"].items():
        asked.append((f"question_{name}", f"<={1 + phases * (len(values) - 1)}", values[-1]))
    worst = 0.0
    for label, bound, expected in asked:
        if not any(label in have for have in labels):
            answer = 0.0
        else:
            formula = f'P=? [F{bound} "{label}"]'
            (wanted,) = stormpy.parse_properties(formula)
            answer = stormpy.model_checking(model, wanted).get_value(model.initial_states[0])
        worst = max(worst, abs(answer - expected))
    return worst


def chance(dice, parts):
    """Random probabilities as text, which sum to one."""
    cuts = sorted(dice.sample(range(1, 100), parts - 1))
    ends = [0, *cuts, 100]
    return [f"{b - a}%" for a, b in zip(ends, ends[1:])]


def game(seed):
    """A small random crisis: one or two sides, private types or none, accidents, rolling or full
    foresight."""
    dice = random.Random(seed)
    levels = ["calm", "tense", "clash", "war"]
    typed = seed % 2 == 1
    foresight = "full" if typed else dice.choice(["full", "2 rounds"])
    horizon = 3 if typed else 8
    out = [f'scenario "Random {seed}"', "  round week", f"  horizon {horizon} rounds"]
    out += [f"  foresight {foresight}", "  order a, b, events", ""]
    out += ["ladder rung", f"  levels {', '.join(levels)}", "  start calm", ""]
    for side in "ab":
        out += [f"actor {side}", f"  precision {dice.uniform(0.5, 3):.3f}"]
        out += [f"  discount {dice.randint(1, 40)}% per year"]
        if typed and side == "a":
            out += [f"  type hard prior {dice.randint(20, 80)}%", "  type soft otherwise"]
            taste = f"({dice.uniform(0, 1):.2f} if hard, {dice.uniform(-1, 0):.2f} otherwise)"
        else:
            taste = f"({dice.uniform(-1, 1):.2f})"
        out += ["  payoff per week", f"    rung: {taste} * number(rung)", ""]
        for move in range(2 + dice.randint(0, 1)):
            out += [f"move {side}.m{move}", f"  cost {side}: {dice.uniform(0, 1):.2f}"]
            for share in chance(dice, 2):
                effect = dice.choice(["rung up", "rung down", "nothing", "rung at least tense"])
                out += [f"  outcome {share}: {effect}"]
            out += [""]
    out += ["trigger spark", f"  probability {dice.randint(1, 20)}%", "  outcome: rung up", ""]
    out += ["end war when rung == war", "  value a: -3", "  value b: -4", ""]
    out += [f"outcomes within {horizon} rounds", "  war: ever rung == war"]
    out += ["  clash: ever rung == clash", "  tense: rung == tense at end", "  calm: otherwise", ""]
    out += ['question clashed "Clash": rung == clash within 3 rounds', '  resolves "read"', ""]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--climbdown", required=True, type=pathlib.Path, help="the binary")
    binary = parser.parse_args().climbdown
    scenarios = pathlib.Path(__file__).resolve().parent.parent / "scenarios"
    if stormpy is None:
        print("stormpy is missing (pip install 'stormpy>=2,<3'): Storm is not asked")
    print(f"{'game':24} {'places':>8} {'beliefs':>8} {'own':>9} {'Storm':>9}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = [scenarios / f"{name}.crisis" for name in SHIPPED]
        for seed in range(RANDOM):
            files.append(folder / f"random-{seed}.crisis")
            files[-1].write_text(game(seed))
        for file in files:
            chain = folder / f"{file.stem}.drn"
            run([binary, "export", file, "--to", "drn", "-o", chain, "--quiet"])
            forecast = json.loads(run([binary, "forecast", file, "--json", "--quiet"])[0])
            notes, labels, rows = read(chain)
            words = notes[1].replace(",", "").replace(";", "").split()
            phases, window = int(words[5]), int(words[7])
            exact = "exact" in notes[2]
            found = own(labels, rows, phases, forecast)
            checked = float("nan")
            if stormpy is not None:
                checked = storm(chain, labels, phases, window, forecast)
            print(
                f"{file.stem:24} {len(labels):8} {'exact' if exact else 'folded':>8}"
                f" {found:9.1e} {checked:9.1e}"
            )
            bound = EXACT if exact else FOLDED
            if not found <= bound or checked > bound:
                print(f"  {file.stem} disagrees with its forecast")
                failed += 1
    print("all agree" if failed == 0 else f"{failed} disagree")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
