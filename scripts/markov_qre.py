#!/usr/bin/env python3
"""Compares stationary play (`foresight unbounded`) with sgamesolver's Markov quantal response.

    pip install numpy scipy cython setuptools wheel
    pip install --no-build-isolation 'sgamesolver==1.*'
    cargo build --release
    python scripts/markov_qre.py --climbdown target/release/climbdown

Random stochastic games of two and three players who move at once, with random payoffs, transitions
to every state and one precision, and the two-state game whose figures are printed in the tests. Both
programs follow the branch from uniform play to the precision; choices and values must agree to 1e-6.

With --bench N (say 100, 200) a game of N states is solved by both, one after the other, and the times
are printed, by the clock and of the processor: for climbdown the shortest of three runs of the whole
process, and of solving alone what `show`, which solves, certifies and prints, takes more than `check`,
which only reads; for sgamesolver, once, the same without and with the making of its model, in a Python
that runs already. Without sgamesolver there is no ratio.

Exits with 1 when anything disagrees, with 2 when it cannot run. Installs nothing.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

# More threads for its small matrices make sgamesolver slower, unless the environment says otherwise.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
try:
    import numpy

    # sgamesolver 1.0.2 asks for a name that NumPy 2 no longer has.
    numpy.NaN = numpy.nan
    import sgamesolver
except ImportError:
    sgamesolver = None

TOLERANCE = 1e-6
MISSING = "sgamesolver is missing: see the head of this script"


def draw(seed, states, sizes, discount, precision, scale):
    """A random game: payoffs [state][joint move][player], transitions [state][joint move][state]."""
    dice = random.Random(seed)
    joint = list(itertools.product(*(range(n) for n in sizes)))
    payoff = [[[dice.uniform(-scale, scale) for _ in sizes] for _ in joint] for _ in range(states)]
    moves = []
    for _ in range(states):
        rows = []
        for _ in joint:
            weights = [dice.random() for _ in range(states)]
            total = sum(weights)
            row = [w / total for w in weights]
            row[-1] = max(0.0, 1.0 - sum(row[:-1]))
            rows.append(row)
        moves.append(rows)
    return {"sizes": sizes, "joint": joint, "payoff": payoff, "next": moves, "discount": discount,
            "precision": precision}


def two_states(precision):
    """Origin of the payoffs: the two-state game of the tests."""
    first = [[-1.0, 1.0], [-0.5, 0.0]], [[-1.2, -0.5], [1.0, 0.0]], [[0.9, 0.6], [0.6, 0.2]]
    second = [[0.2, 0.5], [0.0, 0.3]], [[0.2, 0.0], [0.5, 0.3]], [[0.8, 0.4], [0.4, 0.05]]
    joint = list(itertools.product(range(2), range(2)))
    return {"sizes": [2, 2], "joint": joint, "discount": 0.9, "precision": precision,
            "payoff": [[[a[i][j], b[i][j]] for i, j in joint] for a, b, _ in (first, second)],
            "next": [[[p[i][j], 1 - p[i][j]] for i, j in joint] for *_, p in (first, second)]}


def written(game):
    """The game as climbdown-game/1."""
    states = len(game["payoff"])
    players = [f"p{i}" for i in range(len(game["sizes"]))]
    names = [[f"m{a}" for a in range(n)] for n in game["sizes"]]
    nodes = []
    for s in range(states):
        joint = []
        for k, moves in enumerate(game["joint"]):
            labels = [names[i][a] for i, a in enumerate(moves)]
            outcomes = [{"labels": labels, "next": t, "believed": p, "true": p}
                        for t, p in enumerate(game["next"][s][k]) if p > 0]
            joint.append({"moves": list(moves), "payoff": [[u] for u in game["payoff"][s][k]],
                          "outcomes": outcomes})
        nodes.append({"state": s, "moves": names, "joint": joint})
    return {"format": "climbdown-game/1", "title": "random", "horizon": 1, "foresight": "unbounded",
            "noise": "error", "precision_scale": "current",
            "actors": [{"name": p, "precision": game["precision"], "discount": game["discount"],
                        "types": [{"name": "plain", "prior": 1}]} for p in players],
            "states": [f"s{s}" for s in range(states)], "start": 0,
            "phases": [{"kind": "move", "actors": list(range(len(players))), "nodes": nodes}],
            "end": [], "afterwards": [], "classes": [], "questions": []}


def ours(binary, path, game):
    """Choices [state][player][move] and values of state 0 on the principal branch."""
    command = [binary, "equilibria", path, "--starts", "1", "--json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    if not found["solutions"][0]["principal"]:
        sys.exit(f"{path}: the path from uniform play did not arrive")
    phase = found["play"][0]["phases"][0]
    choices = [[[phase[f"p{i}"][f"s{s}"][f"m{a}"] for a in range(n)]
                for i, n in enumerate(game["sizes"])] for s in range(len(game["payoff"]))]
    return choices, found["solutions"][0]["values"]


def now():
    """Seconds by the clock, of this process's processors, and of those of finished processes it began."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), time.process_time(), children.ru_utime + children.ru_stime


def since(begun):
    """Seconds by the clock and of processors."""
    clock, own, children = (b - a for a, b in zip(begun, now()))
    return clock, own + children


def shortest(runs):
    return tuple(min(times) for times in zip(*runs))


def timed(command):
    """Seconds of a process whose output nobody reads."""
    begun = now()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return since(begun)


def theirs(game):
    """The same by sgamesolver, and the seconds of solving alone."""
    states, sizes = len(game["payoff"]), game["sizes"]
    payoffs = [numpy.zeros((len(sizes), *sizes)) for _ in range(states)]
    transitions = [numpy.zeros((*sizes, states)) for _ in range(states)]
    for s in range(states):
        for k, moves in enumerate(game["joint"]):
            for i in range(len(sizes)):
                payoffs[s][(i, *moves)] = game["payoff"][s][k][i]
            transitions[s][moves] = game["next"][s][k]
    model = sgamesolver.SGame(payoffs, transitions, game["discount"])
    homotopy = sgamesolver.homotopy.QRE(model)
    homotopy.solver_setup(target_lambda=game["precision"])
    homotopy.solver.verbose = 0
    begun = now()
    homotopy.solve()
    alone = since(begun)
    found = homotopy.equilibrium
    choices = [[[found.strategies[s, i, a] for a in range(n)] for i, n in enumerate(sizes)]
               for s in range(states)]
    return (choices, list(found.values[0])), alone


def apart(a, b):
    """Largest difference of choices and of values."""
    choices = max(abs(x - y) for p, q in zip(a[0], b[0]) for r, t in zip(p, q) for x, y in zip(r, t))
    return choices, max(abs(x - y) for x, y in zip(a[1], b[1]))


def compare(binary, folder):
    games = [(f"two states, {p}", two_states(p)) for p in (0.5, 1.0, 2.0)]
    for seed in range(20):
        dice = random.Random(1000 + seed)
        sizes = [dice.randint(2, 3) for _ in range(2 + (seed % 4 == 3))]
        precision = dice.choice([0.5, 1.0, 2.0, 4.0])
        game = draw(seed, dice.randint(2, 5), sizes, dice.choice([0.5, 0.8, 0.95]), precision, 1.0)
        games.append((f"random {seed}", game))
    failed = 0
    for name, game in games:
        path = folder / "game.json"
        path.write_text(json.dumps(written(game)))
        choices, values = apart(ours(binary, path, game), theirs(game)[0])
        good = choices <= TOLERANCE and values <= TOLERANCE * 10
        print(f"{name:16} choices {choices:.1e} values {values:.1e}{'' if good else '  DISAGREE'}")
        failed += not good
    print("all agree" if failed == 0 else f"{failed} disagree")
    return failed


def bench(binary, folder, sizes):
    for states in sizes:
        game = draw(states, states, [2, 2], 0.9, 1.0, 1.0)
        path = folder / "game.json"
        path.write_text(json.dumps(written(game)))
        own = ours(binary, path, game)
        runs = [[timed([binary, command, path, "--json", "--quiet"]) for command in ("show", "check")]
                for _ in range(3)]
        whole, reading = (shortest(times) for times in zip(*runs))
        alone = [max(a - b, 1e-3) for a, b in zip(whole, reading)]
        rows = [("solving alone", alone), ("whole process", whole)]
        if sgamesolver is not None:
            begun = now()
            other, solving = theirs(game)
            peer = [solving, since(begun)]
            choices, values = apart(own, other)
            print(f"{states} states: choices differ by {choices:.1e}, values by {values:.1e}")
        else:
            print(f"{states} states; no sgamesolver here, no ratio")
        for k, (name, mine) in enumerate(rows):
            line = f"  {name}: climbdown {mine[0]:.3f} s, processors {mine[1]:.3f} s"
            if sgamesolver is not None:
                line += (f"; sgamesolver {peer[k][0]:.2f} s, processors {peer[k][1]:.2f} s;"
                         f" {peer[k][0] / mine[0]:.0f} times as long,"
                         f" {peer[k][1] / mine[1]:.0f} times the processors")
            print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--climbdown", required=True, type=pathlib.Path, help="the binary")
    parser.add_argument("--bench", type=int, nargs="+", metavar="N", help="time games of N states")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if arguments.bench:
            bench(arguments.climbdown, folder, arguments.bench)
            return
        if sgamesolver is None:
            print(MISSING, file=sys.stderr)
            sys.exit(2)
        sys.exit(compare(arguments.climbdown, folder) > 0)


if __name__ == "__main__":
    main()
