//! Stationary logit play by other means than the engine's: values by sweeping until nothing changes,
//! choices by answering them over and over while precision grows from nothing. No derivatives, no linear
//! systems, no log-ratios.

use super::game::{Game, MoveNode, Phase};
use super::random::Random;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Phase → state → mover → probability of each move, given a decision.
pub type Play = Vec<HashMap<usize, Vec<Vec<f64>>>>;
/// Phase → state → actor.
pub type Values = Vec<HashMap<usize, Vec<f64>>>;

/// What follows `state` after phase `p`.
fn after(game: &Game, values: &Values, p: usize, state: usize, i: usize) -> f64 {
    let discount = game.actors[i].discount;
    if let Some(end) = game.ends.get(&state) {
        return end.value[i] + discount / (1.0 - discount) * end.flow[i];
    }
    if p + 1 < game.phases.len() {
        values[p + 1][&state][i]
    } else {
        discount * values[0][&state][i]
    }
}

/// Probability of what mover `m` is seen to do.
fn seen(node: &MoveNode, play: &[Vec<f64>], m: usize, a: usize) -> f64 {
    let forced = if node.default[m] == a {
        1.0 - node.opportunity[m]
    } else {
        0.0
    };
    node.opportunity[m] * play[m][a] + forced
}

/// −Σ σ ln σ / λ under taste, else 0.
fn bonus(game: &Game, actor: usize, sigma: &[f64]) -> f64 {
    if !game.taste {
        return 0.0;
    }
    let entropy: f64 = sigma
        .iter()
        .filter(|s| **s > 0.0)
        .map(|s| -s * s.ln())
        .sum();
    entropy / game.actors[actor].precision
}

/// U of each move of mover `m` at a node.
fn utilities(
    game: &Game,
    values: &Values,
    (p, node): (usize, &MoveNode),
    actor: usize,
    play: &[Vec<f64>],
    m: usize,
) -> Vec<f64> {
    let mut u = vec![0.0; node.sizes[m]];
    for joint in &node.joint {
        let mut share = 1.0;
        for (other, a) in joint.moves.iter().enumerate() {
            if other != m {
                share *= seen(node, play, other, *a);
            }
        }
        let mut worth = joint.payoff[actor];
        for o in &joint.outcomes {
            worth += o.believed * after(game, values, p, o.next, actor);
        }
        u[joint.moves[m]] += share * worth;
    }
    u
}

/// Values of nothing.
fn zero(game: &Game) -> Values {
    let states = |phase: &Phase| -> Vec<usize> {
        match phase {
            Phase::Move { nodes, .. } => nodes.keys().copied().collect(),
            Phase::Events { nodes } => nodes.keys().copied().collect(),
        }
    };
    let own = |phase| {
        states(phase)
            .into_iter()
            .map(|s| (s, vec![0.0; game.actors.len()]))
    };
    game.phases
        .iter()
        .map(|phase| own(phase).collect())
        .collect()
}

/// Values that `play` earns for ever.
pub fn evaluate(game: &Game, play: &Play) -> Values {
    let mut values = zero(game);
    for _ in 0..200_000 {
        if sweep(game, play, &mut values) < 1e-15 {
            break;
        }
    }
    values
}

/// Every value once more, last phase first; the largest change.
fn sweep(game: &Game, play: &Play, values: &mut Values) -> f64 {
    let actors = game.actors.len();
    let mut change = 0.0f64;
    for p in (0..game.phases.len()).rev() {
        let states: Vec<usize> = values[p].keys().copied().collect();
        for s in states {
            let mut new = vec![0.0; actors];
            match &game.phases[p] {
                Phase::Events { nodes } => {
                    for i in 0..actors {
                        new[i] = nodes[&s].payoff[i];
                        for (next, b) in &nodes[&s].outcomes {
                            new[i] += b * after(game, values, p, *next, i);
                        }
                    }
                }
                Phase::Move { movers, nodes } => {
                    let node = &nodes[&s];
                    let own = &play[p][&s];
                    for joint in &node.joint {
                        let share: f64 = joint
                            .moves
                            .iter()
                            .enumerate()
                            .map(|(m, a)| seen(node, own, m, *a))
                            .product();
                        for i in 0..actors {
                            let mut worth = joint.payoff[i];
                            for o in &joint.outcomes {
                                worth += o.believed * after(game, values, p, o.next, i);
                            }
                            new[i] += share * worth;
                        }
                    }
                    for (m, actor) in movers.iter().enumerate() {
                        new[*actor] += node.opportunity[m] * bonus(game, *actor, &own[m]);
                    }
                }
            }
            for i in 0..actors {
                change = change.max((new[i] - values[p][&s][i]).abs() / (1.0 + new[i].abs()));
            }
            values[p].insert(s, new);
        }
    }
    change
}

fn softmax(u: &[f64], precision: f64) -> Vec<f64> {
    let best = u.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weight: Vec<f64> = u.iter().map(|u| (precision * (u - best)).exp()).collect();
    let total: f64 = weight.iter().sum();
    weight.iter().map(|w| w / total).collect()
}

/// The logit answer to what `play` earns, all precisions times `kappa`.
pub fn answer(game: &Game, values: &Values, play: &Play, kappa: f64) -> Play {
    let mut all = Vec::new();
    for (p, phase) in game.phases.iter().enumerate() {
        let mut answers = HashMap::new();
        if let Phase::Move { movers, nodes } = phase {
            for (s, node) in nodes {
                let own = &play[p][s];
                let of = |m: usize| {
                    let actor = movers[m];
                    let precision = kappa * game.actors[actor].precision;
                    let u = utilities(game, values, (p, node), actor, own, m);
                    let mut worth = Vec::new();
                    let mut inner = vec![0.0; u.len()];
                    for kind in &node.kinds[m] {
                        let theirs: Vec<f64> = kind.iter().map(|a| u[*a]).collect();
                        let shares = softmax(&theirs, precision);
                        worth.push(shares.iter().zip(&theirs).map(|(s, u)| s * u).sum());
                        for (a, share) in kind.iter().zip(shares) {
                            inner[*a] = share;
                        }
                    }
                    let outer = softmax(&worth, precision);
                    for (kind, share) in node.kinds[m].iter().zip(outer) {
                        for a in kind {
                            inner[*a] *= share;
                        }
                    }
                    inner
                };
                answers.insert(*s, (0..movers.len()).map(of).collect::<Vec<_>>());
            }
        }
        all.push(answers);
    }
    all
}

/// max |σ − σ'|.
pub fn apart(a: &Play, b: &Play) -> f64 {
    let mut largest = 0.0f64;
    for (a, b) in a.iter().zip(b) {
        for (s, own) in a {
            for (x, y) in own.iter().flatten().zip(b[s].iter().flatten()) {
                largest = largest.max((x - y).abs());
            }
        }
    }
    largest
}

/// Play at which answers do not change, precision growing in `steps`; `None` where answering goes in
/// circles.
pub fn settle(game: &Game, steps: usize) -> Option<Play> {
    let nobody: Play = game
        .phases
        .iter()
        .map(|phase| match phase {
            Phase::Move { nodes, .. } => nodes
                .iter()
                .map(|(s, node)| {
                    let even = node.sizes.iter().map(|n| vec![1.0 / *n as f64; *n]);
                    (*s, even.collect())
                })
                .collect(),
            Phase::Events { .. } => HashMap::new(),
        })
        .collect();
    let mut play = nobody;
    let mut values = zero(game);
    for step in 0..=steps {
        let kappa = step as f64 / steps as f64;
        let bound = if step == steps { 1e-13 } else { 1e-4 };
        let mut settled = false;
        for _ in 0..3_000 {
            let change = sweep(game, &play, &mut values).max(sweep(game, &play, &mut values));
            let new = answer(game, &values, &play, kappa);
            if change.max(apart(&new, &play)) < bound {
                settled = true;
                break;
            }
            for (old, new) in play.iter_mut().zip(&new) {
                for (s, own) in old {
                    for (x, y) in own.iter_mut().flatten().zip(new[s].iter().flatten()) {
                        *x += 0.5 * (y - *x);
                    }
                }
            }
        }
        if !settled {
            return None;
        }
    }
    Some(play)
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A random stationary game without private types: two to four live states, one to three phases, some
/// of them simultaneous, kinds only without taste.
pub fn game(seed: u64) -> Value {
    let mut random = Random::new(seed ^ 0x57A7_1043);
    let taste = random.chance(0.5);
    let actors = 2 + usize::from(random.chance(0.2));
    let live = 2 + random.below(3);
    let ends = random.below(3);
    let states = live + ends;
    let scale = random.between(0.2_f64.ln(), 1.0_f64.ln()).exp();
    let payoff = |random: &mut Random, size: f64| -> Value {
        let own = (0..actors).map(|_| json!([rounded(size * scale * random.between(-1.0, 1.0))]));
        Value::Array(own.collect())
    };
    let next = |random: &mut Random| {
        if ends > 0 && random.chance(0.15) {
            live + random.below(ends)
        } else {
            random.below(live)
        }
    };
    let mut phases = Vec::new();
    for k in 0..1 + random.below(3) {
        if k > 0 && random.chance(0.3) {
            let nodes: Vec<Value> = (0..live)
                .map(|s| {
                    let p = rounded(random.between(0.05, 0.95));
                    json!({"state": s, "payoff": payoff(&mut random, 0.5), "outcomes": [
                        {"next": next(&mut random), "believed": p, "true": p},
                        {"next": s, "believed": 1.0 - p, "true": 1.0 - p}]})
                })
                .collect();
            phases.push(json!({"kind": "events", "nodes": nodes}));
            continue;
        }
        let mut movers: Vec<usize> = (0..actors).collect();
        while movers.len() > 1 && random.chance(0.4) {
            movers.remove(random.below(movers.len()));
        }
        let nodes: Vec<Value> = (0..live)
            .map(|s| {
                let sizes: Vec<usize> = movers.iter().map(|_| 1 + random.below(3)).collect();
                let names: Vec<Vec<String>> = sizes
                    .iter()
                    .map(|n| (0..*n).map(|a| format!("m{a}")).collect())
                    .collect();
                let mut joint = Vec::new();
                for k in 0..sizes.iter().product::<usize>() {
                    let mut rest = k;
                    let mut moves: Vec<usize> = Vec::new();
                    for n in sizes.iter().rev() {
                        moves.insert(0, rest % n);
                        rest /= n;
                    }
                    let labels: Vec<String> = moves.iter().map(|a| format!("m{a}")).collect();
                    let p = rounded(random.between(0.05, 0.95));
                    joint.push(json!({"moves": moves, "payoff": payoff(&mut random, 1.0), "outcomes": [
                        {"labels": labels, "next": next(&mut random), "believed": p, "true": p},
                        {"labels": labels, "next": next(&mut random), "believed": 1.0 - p, "true": 1.0 - p}]}));
                }
                let mut node = json!({"state": s, "moves": names, "joint": joint});
                if random.chance(0.4) {
                    let o: Vec<f64> =
                        sizes.iter().map(|_| rounded(random.between(0.3, 1.0))).collect();
                    node["opportunity"] = json!(o);
                    let default: Vec<usize> = sizes.iter().map(|n| random.below(*n)).collect();
                    node["default"] = json!(default);
                }
                if !taste && sizes.contains(&3) && random.chance(0.5) {
                    let kinds: Vec<Value> = sizes
                        .iter()
                        .map(|n| match n {
                            3 => json!([[1], [0, 2]]),
                            n => json!((0..*n).map(|a| vec![a]).collect::<Vec<_>>()),
                        })
                        .collect();
                    node["variants"] = json!(kinds);
                }
                node
            })
            .collect();
        phases.push(json!({"kind": "move", "actors": movers, "nodes": nodes}));
    }
    let own = |a: usize, random: &mut Random| {
        json!({"name": format!("a{a}"), "types": [{"name": "plain", "prior": 1}],
               "precision": rounded(random.between(0.3_f64.ln(), 4.0_f64.ln()).exp()),
               "discount": rounded(random.between(0.5, 0.95))})
    };
    let players: Vec<Value> = (0..actors).map(|a| own(a, &mut random)).collect();
    let end: Vec<Value> = (live..states)
        .map(|s| {
            json!({"state": s, "value": payoff(&mut random, 2.0), "flow": payoff(&mut random, 0.3)})
        })
        .collect();
    let names: Vec<String> = (0..states).map(|s| format!("s{s}")).collect();
    json!({
        "format": "climbdown-game/1", "title": format!("Stationary game {seed}"), "horizon": 5,
        "foresight": "unbounded", "noise": if taste { "taste" } else { "error" },
        "precision_scale": "current", "actors": players, "states": names, "start": 0,
        "phases": phases, "end": end, "afterwards": [], "classes": [], "questions": []
    })
}
