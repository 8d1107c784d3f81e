#!/usr/bin/env python3
"""Times climbdown against Gambit on the same trees.

    pip install --pre 'pygambit==17.*'
    cargo build --release
    python scripts/bench_gambit.py --climbdown target/release/climbdown

The games are binary trees in which two actors move in turn, with random payoffs at the ends: 1,023 and
2,047 nodes, of which 511 and 1,023 are decisions. Each is written as climbdown-game/1, and exported by
the binary as the tree that Gambit reads. Both find the logit equilibrium at precision 1. Of climbdown
the whole process is timed, with reading, certificate and writing of all strategies; of Gambit the
following of the branch alone. The strategies must agree.

Without pygambit no ratio is printed. Exits with 1 when the strategies disagree. Installs nothing.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

try:
    import pygambit
    from pygambit.qre import logit_solve_lambda
except ImportError:
    pygambit = None

AGREE = 1e-7


def tree(levels, seed):
    """A game of `levels` levels of decisions: state k leads to states 2k + 1 and 2k + 2."""
    draw = random.Random(seed)
    inner = 2**levels - 1
    phases = [{"kind": "move", "actors": [actor], "nodes": []} for actor in (0, 1)]
    for state in range(inner):
        level = (state + 1).bit_length() - 1
        moves = ["left", "right"]
        joint = [
            {
                "moves": [m],
                "payoff": [[0], [0]],
                "outcomes": [
                    {"labels": [moves[m]], "next": 2 * state + 1 + m, "believed": 1, "true": 1}
                ],
            }
            for m in (0, 1)
        ]
        phases[level % 2]["nodes"].append({"state": state, "moves": [moves], "joint": joint})
    ends = [
        {"state": state, "value": [[draw.uniform(-1, 1)], [draw.uniform(-1, 1)]]}
        for state in range(inner, 2 * inner + 1)
    ]
    actors = [
        {"name": name, "precision": 1, "discount": 1, "types": [{"name": "one", "prior": 1}]}
        for name in ("first", "second")
    ]
    return {
        "format": "climbdown-game/1",
        "title": f"A tree of {levels} levels",
        "horizon": (levels + 1) // 2,
        "foresight": "full",
        "noise": "error",
        "precision_scale": "current",
        "actors": actors,
        "states": [f"s{state}" for state in range(2 * inner + 1)],
        "start": 0,
        "phases": phases,
        "end": ends,
        "afterwards": [{"state": state, "value": [[0], [0]]} for state in range(inner)],
        "classes": [],
        "questions": [],
    }


def prefix(state, inner):
    """Decisions below a state, as Gambit lists them: a node before what follows it."""
    if state < inner:
        yield state
        for child in (2 * state + 1, 2 * state + 2):
            yield from prefix(child, inner)


def compare(answer, profile, read):
    """Largest difference between two strategies."""
    ours = {}
    for phase in answer["phases"]:
        for state, types in phase["strategies"].items():
            ours[int(state[1:])] = types["one"]
    worst = 0.0
    for player, phase in zip(read.players, (0, 1)):
        order = [s for s in prefix(0, len(ours)) if ((s + 1).bit_length() - 1) % 2 == phase]
        theirs = [list(actions) for _, actions in profile[player]]
        for state, actions in zip(order, theirs, strict=True):
            for (_, probability), name in zip(actions, ("left", "right"), strict=True):
                worst = max(worst, abs(probability - ours[state][name]))
    return worst


def seconds(work, least=3):
    """Shortest of some runs of `work`, and its result."""
    best, result = float("inf"), None
    for _ in range(least):
        begin = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begin)
    return best, result


def main():
    """Prints a line a tree."""
    parser = argparse.ArgumentParser(description="Times climbdown against Gambit.")
    parser.add_argument("--climbdown", default="target/release/climbdown", type=pathlib.Path)
    binary = parser.parse_args().climbdown.resolve()
    if not binary.exists():
        sys.exit(f"{binary} is not there: cargo build --release")
    if pygambit is None:
        print("pygambit is missing, so no ratio: pip install --pre 'pygambit==17.*'")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for levels in (9, 10):
            game = folder / f"tree-{levels}.json"
            game.write_text(json.dumps(tree(levels, seed=levels)))

            def solve(*arguments, game=game):
                command = [binary, *arguments, game, "--quiet"]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    sys.exit(done.stderr)
                return done.stdout

            ours, answer = seconds(lambda: solve("show", "--json"))
            line = f"{2 ** (levels + 1) - 1:5} nodes: climbdown {1000 * ours:.1f} ms"
            if pygambit is not None:
                file = folder / f"tree-{levels}.efg"
                solve("export", "--to", "efg", "-o", file)
                read = pygambit.read_efg(str(file))
                theirs, branch = seconds(lambda: list(logit_solve_lambda(read, 1.0)), least=1)
                worst = compare(json.loads(answer), branch[-1].profile, read)
                line += f", Gambit {theirs:.2f} s: {theirs / ours:.0f} times; strategies within {worst:.1e}"
                if not worst <= AGREE:
                    sys.exit(line + ": they DISAGREE")
            print(line, flush=True)


if __name__ == "__main__":
    main()
