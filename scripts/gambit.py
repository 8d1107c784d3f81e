#!/usr/bin/env python3
"""Compares climbdown with Gambit's logit equilibria.

    pip install --pre 'pygambit==17.*'
    cargo build --release
    python scripts/gambit.py --climbdown target/release/climbdown

The games are the textbook scenarios as shipped, the same games at other precisions, beer and quiche at
nine precisions and priors, games of choices at once, and 50 random ones (written by `cargo run -p climbdown-report --example random_games`), or the games
(climbdown-game/1, or scenarios) of a folder that is named.

Every game is exported by the binary as a Gambit tree. Gambit follows the logit
branch to the game's precision. At every information set the binary is asked for its strategy, at
the public belief that Gambit's own play implies there, and the two must agree.

Exits with 1 when anything disagrees, with 2 when it cannot run. Installs nothing.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import pygambit
    from pygambit.qre import logit_solve_lambda
except ImportError:
    sys.exit("pygambit is missing: pip install --pre 'pygambit==17.*'")

SCENARIOS = ["crisis-a", "crisis-c", "brinkmanship-6"]
# With values that depend on what another is believed to be, which the exchange format does not hold:
# the scenarios themselves, with numbers of their parameters changed.
BELIEVED = [("textbook/cho-kreps-1987", {"precision": precision, "prior_strong": prior})
            for precision in (2, 5, 20) for prior in (0.3, 0.6, 0.9)]
LABEL = re.compile(r"(\d+) history (\d+) round (\d+) (.*)", re.DOTALL)
TYPE = re.compile(r"type of (.*) \d+", re.DOTALL)
NODE = re.compile(r'([cp]) "" (\d+) (?:(\d+) )?"([^"]*)" \{(.*)\} 0')
CHANCE_BRANCH = re.compile(r'"([^"]*)" ([^ ]+)')


class Mismatch(Exception):
    """The two programs disagree, or one of them failed."""


def run(command):
    """Output of a command; its complaint when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Mismatch(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def histories(text, play):
    """Information sets by (player number, public history, round): label and number by own type, and
    for every node there the types drawn and the probability that it is reached.

    `text` is the exported tree, node by node in prefix order; `play[player][set]` holds Gambit's
    probabilities by action.
    """
    found = {}
    # Pending branches: types drawn so far, probability.
    pending = [({}, 1.0)]
    for line in text.splitlines()[2:]:
        types, weight = pending.pop()
        match = NODE.fullmatch(line)
        if not match:
            continue
        kind, number, set_number, label, branches = match.groups()
        if kind == "c":
            draw = TYPE.fullmatch(label)
            children = []
            for name, probability in CHANCE_BRANCH.findall(branches):
                own = {**types, draw[1]: name} if draw else types
                children.append((own, weight * float(probability)))
        else:
            player, index = int(number), int(set_number)
            _, history, round_, rest = LABEL.fullmatch(label).groups()
            sets, weights = found.setdefault((player, int(history), int(round_)), ({}, []))
            sets[index] = rest
            weights.append((types, weight))
            actions = play[player - 1][index - 1]
            children = [(types, weight * p) for p in actions.values()]
        pending.extend(reversed(children))
    if pending:
        raise Mismatch("the tree has fewer nodes than branches")
    return found


def beliefs(weights, actors):
    """Public beliefs at a history: share of each type in what leads there."""
    parts = []
    total = sum(weight for _, weight in weights)
    for name, actor in actors.items():
        if len(actor["types"]) > 1:
            for kind in actor["types"]:
                own = sum(w for types, w in weights if types.get(name) == kind["name"])
                parts.append(f"{name}.{kind['name']}={own / total!r}")
    return ",".join(parts)


def told(tree_file):
    """Actors with their types and precision, as far as an exported tree tells them. An actor of one
    type bears its own name as a type."""
    text = tree_file.read_text()
    title, players = re.match(r'EFG 2 R "(.*)" \{ (.*) \}', text).groups()
    precision = re.search(r"\(lambda ([^);]+)", title)
    if not precision:
        raise Mismatch("Gambit needs one precision for all")
    drawn = {}
    for kind, _, _, label, branches in NODE.findall(text):
        if kind == "c" and TYPE.fullmatch(label):
            drawn[TYPE.fullmatch(label)[1]] = [name for name, _ in CHANCE_BRANCH.findall(branches)]
    return {"actors": [{"name": name, "precision": float(precision[1]),
                        "types": [{"name": kind} for kind in drawn.get(name, [name])]}
                       for name in re.findall(r'"([^"]*)"', players)]}


def compare(path, binary, folder):
    """Largest difference, and how many information sets were compared."""
    tree_file = folder / (path.stem + ".efg")
    run([binary, "export", path, "--to", "efg", "-o", tree_file, "--quiet"])
    game = told(tree_file) if path.suffix == ".crisis" else json.loads(path.read_text())
    actors = {actor["name"]: actor for actor in game["actors"]}
    precision = game["actors"][0]["precision"]
    if any(actor["precision"] != precision for actor in game["actors"]):
        raise Mismatch("Gambit needs one precision for all")
    axes = sum(len(actor["types"]) - 1 for actor in game["actors"])
    points = {0: 9, 1: 257, 2: 65}.get(axes, 33)
    tree = pygambit.read_efg(str(tree_file))
    profile = list(logit_solve_lambda(tree, precision))[-1].profile
    # Gambit lists a player's information sets in prefix order, which is how they are numbered.
    play = [[action for _, action in profile[player]] for player in tree.players]
    play = [[dict(action) for action in sets] for sets in play]
    worst, count = 0.0, 0
    found = histories(tree_file.read_text(), play)
    for (player, _, round_), (sets, weights) in found.items():
        mover = game["actors"][player - 1]
        states = {}
        for index, rest in sets.items():
            # The longest name that fits: one may be the tail of another.
            kinds = [t["name"] for t in mover["types"] if rest.endswith(" " + t["name"])]
            kind = max(kinds, key=len)
            states[index] = (rest[: -len(kind) - 1], kind)
        state = next(iter(states.values()))[0]
        command = [binary, "strategy", path, "--at", state, "--round", str(round_), "--json",
                   "--quiet", "--belief-points", str(points), "--stencil", "16"]
        belief = beliefs(weights, actors)
        if belief:
            command += ["--belief", belief]
        answer = json.loads(run(command))["actors"][mover["name"]]
        for index, (_, kind) in states.items():
            for name, probability in play[player - 1][index - 1].items():
                worst = max(worst, abs(probability - answer[kind][name]))
            count += 1
    return worst, count


def main():
    """Compares all games of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("games", type=pathlib.Path, nargs="?", help="folder with games as JSON")
    parser.add_argument("--climbdown", type=pathlib.Path, default="target/release/climbdown",
                        help="the binary")
    parser.add_argument("--random-games", type=pathlib.Path,
                        help="the program that writes the random games; built when not given")
    parser.add_argument("--tolerance", type=float, default=1e-8)
    arguments = parser.parse_args()
    if not arguments.climbdown.exists():
        print(f"no binary at {arguments.climbdown}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        games = arguments.games
        if games is None:
            games = folder / "games"
            command = ["cargo", "run", "--quiet", "-p", "climbdown-report", "--example",
                       "random_games", "--"]
            if arguments.random_games is not None:
                command = [arguments.random_games.resolve()]
            command += [games.resolve(), "50"]
            root = pathlib.Path(__file__).resolve().parent.parent
            if subprocess.run(command, cwd=root, check=False).returncode != 0:
                print("the random games could not be written", file=sys.stderr)
                return 2
            for name in SCENARIOS:
                run([arguments.climbdown, "export", root / "scenarios" / "games" / f"{name}.crisis",
                     "--to", "game", "-o", games / f"scenario-{name}.json", "--quiet"])
            for number, (name, parameters) in enumerate(BELIEVED):
                file = root / "scenarios" / f"{name}.crisis"
                text = file.read_text()
                for parameter, value in parameters.items():
                    text = re.sub(rf"(?m)^(parameter {parameter} =).*", rf"\1 {value}", text)
                (games / f"{file.stem}-{number}.crisis").write_text(text)
        paths = sorted([*games.glob("*.json"), *games.glob("*.crisis")])
        if not paths:
            print(f"no games in {games}", file=sys.stderr)
            return 2
        return compare_all(paths, arguments.climbdown.resolve(), arguments.tolerance, folder)


def judged(path, binary, tolerance, folder):
    """How one game went: agreed or not, the largest difference, in words."""
    try:
        worst, count = compare(path, binary, folder)
        text = f"{count} information sets, worst {worst:.1e}"
        return count > 0 and worst <= tolerance, worst, text
    except (Mismatch, KeyError, ValueError, RuntimeError) as error:
        return False, 0.0, f"{type(error).__name__}: {error}"


def compare_all(paths, binary, tolerance, folder):
    """Compares games, as many at a time as there are processors; the exit code."""
    print(f"pygambit {pygambit.__version__}, {len(paths)} games, tolerance {tolerance:g}")
    passed = failed = 0
    worst_of_all = 0.0
    # Most of the work is the binary's: threads are enough.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda path: judged(path, binary, tolerance, folder), paths)
        for path, (good, worst, text) in zip(paths, results):
            worst_of_all = max(worst_of_all, worst)
            passed, failed = passed + good, failed + (not good)
            print(f"{'ok  ' if good else 'FAIL'} {path.stem}: {text}", flush=True)
    print(f"worst difference {worst_of_all:.1e}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
