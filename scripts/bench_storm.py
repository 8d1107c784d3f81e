#!/usr/bin/env python3
"""Times climbdown against the model checker Storm on the same random chains.

    pip install 'stormpy>=2,<3'
    cargo build --release
    python scripts/bench_storm.py --climbdown target/release/climbdown

Chains of 20,000, 100,000 and a million states with four transitions each, drawn from a seed; one state
in a thousand is asked for, and left again. Both find the probability of the first passage within 26
steps. The two must agree to 1e-9.

What is compared is the bounded first passage alone, of a model that is in memory. Of Storm that is
`stormpy.model_checking` of P=? [F<=26 "asked"], for all states, as it does by itself; of climbdown the
engine's `forecast`, which the bench `chain` of its engine times (built by cargo): the matrix that it
makes of the game, the push, and the reading of all 26 rounds. Each is the shortest of some runs. Apart
stands the whole process `climbdown forecast`, from the file of the game to the table, with its memory;
of Storm, the reading of its file.

Without stormpy no ratio is printed. Exits with 1 when the numbers disagree. Installs nothing; `--venv`
names an environment that has stormpy.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

AGREE = 1e-9
STEPS = 26
RUNS = 3


def seconds(work, runs):
    """Shortest of some runs of `work`, and its result."""
    best, result = float("inf"), None
    for _ in range(runs):
        begin = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begin)
    return best, result


def read(drn):
    """The rows of a chain in Storm's explicit format, and the states asked for."""
    rows, asked = [], []
    for line in drn.read_text().split("@model\n", 1)[1].splitlines():
        if line.startswith("state"):
            if line.endswith(" asked"):
                asked.append(len(rows))
            rows.append([])
        elif ":" in line:
            to, share = line.split(":")
            rows[-1].append((int(to), share.strip()))
    return rows, asked


def write(rows, asked, path):
    """The chain as climbdown-game/1."""
    with path.open("w") as out:
        out.write('{"format":"climbdown-game/1","title":"A chain","horizon":%d,"foresight":1,' % STEPS)
        out.write('"actors":[],"states":["')
        out.write('","'.join(map(str, range(len(rows)))))
        out.write('"],"start":0,"phases":[{"kind":"events","nodes":[')
        for state, row in enumerate(rows):
            outcomes = ",".join(f'{{"next":{to},"believed":{p},"true":{p}}}' for to, p in row)
            comma = "," if state else ""
            out.write(f'{comma}\n{{"state":{state},"payoff":[],"outcomes":[{outcomes}]}}')
        out.write(']}],"classes":[],"questions":[{"name":"asked","by":%d,"states":' % STEPS)
        json.dump(asked, out)
        out.write("}]}\n")


def whole(binary, game):
    """Seconds and peak megabytes of `climbdown forecast`, and the probability that it tells."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [binary, "forecast", game, "--json", "--quiet"], stdout=subprocess.PIPE, text=True
    )
    answer = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"climbdown forecast ended with {status}")
    took = time.perf_counter() - begin
    return took, usage.ru_maxrss / 1024, answer["questions"]["asked"][STEPS]


def storm(drn):
    """Seconds to read and to check, and the probability: printed as JSON by the process with stormpy."""
    import stormpy

    reading, model = seconds(lambda: stormpy.build_model_from_drn(str(drn)), 1)
    (wanted,) = stormpy.parse_properties(f'P=? [F<={STEPS} "asked"]')
    checking, result = seconds(lambda: stormpy.model_checking(model, wanted), RUNS)
    value = result.get_value(model.initial_states[0])
    print(json.dumps({"reading": reading, "checking": checking, "probability": value}))


def main():
    """Prints the figures of each size."""
    parser = argparse.ArgumentParser(description="Times climbdown against Storm.")
    parser.add_argument("--climbdown", default="target/release/climbdown", type=pathlib.Path)
    parser.add_argument("--venv", type=pathlib.Path, help="environment that has stormpy")
    parser.add_argument("--states", type=int, nargs="+", default=[20_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--storm-only", type=pathlib.Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.storm_only:
        return storm(given.storm_only)
    binary = given.climbdown.resolve()
    if not binary.exists():
        sys.exit(f"{binary} is not there: cargo build --release")
    python = str(given.venv / "bin" / "python") if given.venv else sys.executable
    has = subprocess.run([python, "-c", "import stormpy"], capture_output=True, check=False)
    if has.returncode != 0:
        print("stormpy is missing, so no ratio: pip install 'stormpy>=2,<3'")
    root = pathlib.Path(__file__).resolve().parent.parent
    bench = ["cargo", "bench", "--quiet", "-p", "climbdown-engine", "--bench", "chain"]
    # Building is no part of what is timed.
    subprocess.run([*bench, "--no-run"], cwd=root, check=True)
    print(f"first passage within {STEPS} steps, nanoseconds a transition and step")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for states in given.states:
            drn, game = folder / "chain.drn", folder / "chain.json"
            asked = ["--states", str(states), "--seed", str(given.seed), "--drn", str(drn)]
            done = subprocess.run(
                [*bench, "--", *asked], cwd=root, check=True, capture_output=True, text=True
            )
            own = json.loads(done.stdout.splitlines()[-1])
            write(*read(drn), game)
            took, memory, told = whole(binary, game)
            found = [told]
            line = f"{states:9,} states: climbdown {own['nanoseconds']:.2f}"
            process = f"{'':10}whole process: climbdown forecast {took:.2f} s, {memory:.0f} MB"
            if has.returncode == 0:
                checked = subprocess.run(
                    [python, __file__, "--storm-only", str(drn)],
                    check=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                peer = json.loads(checked.stdout.splitlines()[-1])
                each = peer["checking"] / (own["transitions"] * STEPS) * 1e9
                found.append(peer["probability"])
                line += f", Storm {each:.2f}: {each / own['nanoseconds']:.1f} times"
                process += f"; Storm reads its file in {peer['reading']:.2f} s"
            worst = max(abs(p - own["probability"]) for p in found)
            print(f"{line}; probability {own['probability']:.12f}, within {worst:.1e}")
            print(process, flush=True)
            if not worst <= AGREE:
                sys.exit("they DISAGREE")
    return None


if __name__ == "__main__":
    main()
