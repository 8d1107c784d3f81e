//! Linear systems of stationary play against plain elimination, derivatives against differences, threads.

use crate::oracle::random::Random;
use crate::oracle::stationary;

use climbdown_engine::game::Game;
use climbdown_engine::math::solve_linear;
use climbdown_engine::solve::layout::Layout;
use climbdown_engine::solve::stationary::dense::Dense;
use climbdown_engine::solve::stationary::derivative::Evaluation;
use climbdown_engine::solve::stationary::equations::System;
use climbdown_engine::solve::stationary::linear::{Kind, Plan, Solver};
use climbdown_engine::solve::stationary::path;
use climbdown_engine::solve::{Options, Silent, certify, solve};
use serde_json::{Value, json};

const KINDS: [Option<Kind>; 4] = [
    Some(Kind::Full),
    Some(Kind::Sparse),
    Some(Kind::Incomplete),
    None,
];

fn read(game: &Value) -> Game {
    climbdown_report::exchange::json::read(&game.to_string()).expect("a valid game")
}

/// Largest difference, in units of the largest size.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(1e-300, |m: f64, x| m.max(x.abs()));
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |m: f64, (x, y)| m.max((x - y).abs())) / size
}

/// A solver with factors of this kind, or with none until it needs some.
fn solver(system: &System, kind: Option<Kind>) -> Solver {
    Solver::new(match kind {
        Some(kind) => Plan::of_kind(system, kind),
        None => {
            let mut plan = Plan::of(system, 1 << 30);
            plan.cost = f64::INFINITY;
            plan
        }
    })
}

/// Of every size about that of blocks, tiles and shares; the diagonal is nothing special.
#[test]
fn full_matrices_against_plain_elimination() {
    let mut random = Random::new(5);
    for n in [
        1, 2, 3, 8, 15, 16, 17, 31, 32, 33, 47, 48, 64, 65, 100, 131, 257,
    ] {
        for _ in 0..3 {
            let mut plain: Vec<f64> = (0..n * n).map(|_| random.between(-1.0, 1.0)).collect();
            for k in 0..n {
                plain[k * n + k] *= 1e-3;
            }
            let mut expected: Vec<f64> = (0..n).map(|_| random.between(-1.0, 1.0)).collect();
            let mut found = expected.clone();
            let mut full = Dense::default();
            full.clear(n);
            for (at, value) in plain.iter().enumerate() {
                full.add(at / n, at % n, *value);
            }
            let sign = solve_linear(&mut plain, &mut expected).expect("regular");
            full.factor().expect("regular");
            full.solve(&mut found);
            let apart = apart(&found, &expected);
            assert!(apart < 1e-9, "{n}: {apart:e}");
            assert_eq!(full.sign, sign, "{n}");
        }
        let mut full = Dense::default();
        full.clear(n);
        assert!(full.factor().is_none(), "{n} × {n} zeros have no factors");
    }
}

/// ∂F with a border, written down from differences of F.
fn differences(system: &System, y: &[f64], kappa: f64, border: &[f64]) -> Vec<f64> {
    let n = system.unknowns;
    let mut all = vec![0.0; (n + 1) * (n + 1)];
    let mut out = Evaluation::default();
    let mut residual = |y: &[f64], kappa: f64| {
        system.evaluate(y, kappa, &mut out);
        out.residual.clone()
    };
    for column in 0..=n {
        let mut moved = |step: f64| {
            let mut y = y.to_vec();
            if column < n {
                y[column] += step;
            }
            residual(&y, if column < n { kappa } else { kappa + step })
        };
        // Of fourth order, so that rounding and curvature are both small.
        let h = 1e-3;
        let [far, near, back, behind] = [2.0 * h, h, -h, -2.0 * h].map(&mut moved);
        for row in 0..n {
            let difference =
                (8.0 * (near[row] - back[row]) - (far[row] - behind[row])) / (12.0 * h);
            all[row * (n + 1) + column] = difference;
        }
        all[n * (n + 1) + column] = border[column];
    }
    all
}

/// Random games with several who choose at once, tastes, kinds, chance, ends, at random points: the step
/// of every kind of factors is that of plain elimination of the whole system, made from differences, and
/// so is the sign of the determinant.
#[test]
fn condensed_systems_against_plain_elimination() {
    let (mut worst, mut alike, mut negative) = (0.0f64, 0.0f64, 0);
    for seed in 0..60 {
        let game = read(&stationary::game(seed));
        let layout = Layout::of(&game);
        let system = System::new(&game, &layout);
        let n = system.unknowns;
        let mut random = Random::new(seed + 1);
        let mut draw =
            |size: f64| -> Vec<f64> { (0..=n).map(|_| random.between(-size, size)).collect() };
        let y = draw(1.5);
        let kappa = 0.2 + 0.1 * (seed % 10) as f64;
        let mut border = draw(1.0);
        for (border, ratio) in border.iter_mut().zip(&system.ratio) {
            if !ratio {
                *border = 0.0;
            }
        }
        let right = draw(1.0);
        let mut plain = differences(&system, &y[..n], kappa, &border);
        let mut expected = right.clone();
        let sign = solve_linear(&mut plain, &mut expected).expect("regular");
        let mut out = Evaluation::default();
        system.evaluate(&y[..n], kappa, &mut out);
        system.border(&mut out, &border);
        let mut first: Option<Vec<f64>> = None;
        for kind in KINDS {
            let mut solver = solver(&system, kind);
            let mut step = vec![0.0; n + 1];
            solver
                .solve(&system, &out, &right, &mut step)
                .unwrap_or_else(|| panic!("{}, {kind:?}", game.title));
            let off = apart(&step, &expected);
            assert!(off < 1e-9, "{}, {kind:?}: {off:e}", game.title);
            worst = worst.max(off);
            let first = first.get_or_insert_with(|| step.clone());
            alike = alike.max(apart(&step, first));
            let found = solver.factor(&system, &out).expect("regular");
            if kind == Some(Kind::Incomplete) {
                assert_eq!(found, 0.0);
            } else {
                assert_eq!(found, sign, "{}, {kind:?}", game.title);
            }
        }
        negative += u32::from(sign < 0.0);
    }
    println!("within {worst:.1e} of differences, {alike:.1e} of each other; {negative} negative");
    assert!(alike < 1e-9, "{alike:e}");
    assert!(negative > 0 && negative < 60, "both signs are met");
}

/// The path is the same whatever factors are around it.
#[test]
fn paths_do_not_depend_on_the_factors() {
    for seed in 0..20 {
        let game = read(&stationary::game(seed));
        let layout = Layout::of(&game);
        let system = System::new(&game, &layout);
        let mut first: Option<(Vec<f64>, path::Followed)> = None;
        for kind in KINDS {
            let mut y = Vec::new();
            let followed = path::follow(&system, &mut solver(&system, kind), &mut y, &Silent)
                .expect("not cancelled");
            assert!(followed.relative <= 1e-12, "{}, {kind:?}", game.title);
            let (expected, before) = first.get_or_insert_with(|| (y.clone(), followed));
            let off = apart(&y, expected);
            assert!(off < 1e-9, "{}, {kind:?}: {off:e}", game.title);
            assert_eq!(followed.folds, before.folds);
            assert_eq!(followed.points, before.points);
            if kind != Some(Kind::Incomplete) {
                assert_eq!(followed.crossings, before.crossings);
                assert!(followed.watched);
            }
        }
    }
}

/// Two who choose at once in every state; each joint move leads to `branching` states.
fn large(states: usize, branching: usize) -> Game {
    let mut random = Random::new(states as u64);
    let names = ["x", "y"];
    let nodes: Vec<Value> = (0..states)
        .map(|s| {
            let joint: Vec<Value> = (0..4)
                .map(|k| {
                    let (a, b) = (k / 2, k % 2);
                    let labels = [names[a], names[b]];
                    let start = random.below(states);
                    // Steps apart that make an expander, so that factors would fill.
                    let next: Vec<usize> = (0..branching)
                        .map(|e| match branching == states {
                            true => e,
                            false => (start + e * e * (7 + s % 11)) % states,
                        })
                        .collect();
                    let weights: Vec<f64> = next.iter().map(|_| 0.1 + random.unit()).collect();
                    let total: f64 = weights.iter().sum();
                    let outcomes: Vec<Value> = next
                        .iter()
                        .zip(&weights)
                        .map(|(t, w)| {
                            json!({"labels": labels, "next": t, "believed": w / total,
                                   "true": w / total})
                        })
                        .collect();
                    json!({"moves": [a, b], "outcomes": outcomes,
                           "payoff": [[random.between(-1.0, 1.0)], [random.between(-1.0, 1.0)]]})
                })
                .collect();
            json!({"state": s, "moves": [names, names], "joint": joint})
        })
        .collect();
    let actor = |name: &str| json!({"name": name, "precision": 1, "discount": 0.9, "types": [{"name": "t", "prior": 1}]});
    let labels: Vec<String> = (0..states).map(|s| format!("s{s}")).collect();
    read(&json!({
        "format": "climbdown-game/1", "title": format!("{states} states"), "horizon": 1,
        "foresight": "unbounded", "noise": "error", "precision_scale": "current",
        "actors": [actor("a"), actor("b")], "states": labels, "start": 0,
        "phases": [{"kind": "move", "actors": [0, 1], "nodes": nodes}],
        "end": [], "afterwards": [], "classes": [], "questions": []}))
}

/// The same bits for any number of threads: with full factors, watched, and with none.
#[test]
fn threads_do_not_matter() {
    for (states, branching) in [(110, 110), (1500, 4)] {
        let game = large(states, branching);
        let bits = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("threads");
            pool.install(|| {
                let solution = solve(&game, &Options::default(), &Silent).expect("solved");
                let certificate = certify(&game, &solution, 0, &Silent).expect("checked");
                assert!(certificate.holds(), "{certificate:?}");
                assert!(certificate.residual < 1e-10, "{certificate:?}");
                format!("{:?} {:?}", solution.strategies, solution.report)
            })
        };
        let one = bits(1);
        assert!(one == bits(2) && one == bits(3), "{states} states");
        let solution = solve(&game, &Options::default(), &Silent).expect("solved");
        let words = solution.report.branch.expect("a branch").words();
        // Nobody is to take a path for watched that was not.
        assert_eq!(
            words.contains("too large to watch"),
            states > 110,
            "{words}"
        );
    }
}
