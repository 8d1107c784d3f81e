//! The engine against an independent solver, on random games.
//!
//! For every game the engine's belief grid is doubled until strategies change by less than 1e-9;
//! then no strategy, at any public history of the whole tree, may stand more than 1e-8 from the
//! oracle's. Where the two follow different branches, the engine's must be an exact equilibrium of
//! the whole tree as well. Games whose grid would need more than 1,025 points an axis are listed.

use crate::oracle;

use climbdown_engine::game::Game;
use climbdown_engine::solve::{Options, Silent, Solution, solve};
use climbdown_report::exchange::json;
use oracle::path;
use oracle::random::{self, Features, Random};
use oracle::tree::Tree;
use serde_json::Value;

const GAMES: u64 = 320;
const HISTORIES: usize = 1500;
/// Points an axis, doubled from 17, which hold a stencil of 16.
const GRIDS: [usize; 7] = [17, 33, 65, 129, 257, 513, 1025];
const SETTLED: f64 = 1e-9;
const AGREED: f64 = 1e-8;

/// How one game went.
#[derive(Debug)]
enum Outcome {
    /// Largest difference, with the grid that was enough.
    Agreed { points: usize, difference: f64 },
    /// Both exact, on different branches.
    OtherBranch { points: usize, difference: f64 },
    /// Still changing at the finest grid.
    Unsettled { change: f64, difference: f64 },
    /// Settled, different, and not an equilibrium of the tree.
    Wrong { points: usize, difference: f64 },
    /// The engine gave no answer.
    Refused(String),
}

struct Record {
    index: u64,
    outcome: Outcome,
    histories: usize,
    moved: f64,
    precision: f64,
    rerooted: f64,
    multiple: u64,
    jumps: usize,
}

/// One line for each feature of games: how many have it, and the worst difference among them.
fn by_feature(records: &[Record]) {
    type Has = fn(&Features) -> bool;
    let features: [(&str, Has); 12] = [
        ("blurred labels or look-alike triggers", |f| f.blurred),
        ("both sides typed", |f| f.both_typed),
        ("three types", |f| f.three_types),
        ("variants", |f| f.variants),
        ("opportunity below one", |f| f.opportunity),
        ("discounting", |f| f.discount),
        ("believed chances apart from true ones", |f| f.believed),
        ("ends", |f| f.ends),
        ("rolling foresight", |f| f.rolling),
        ("precision on discounted values", |f| f.discounted_scale),
        ("one precision for all", |f| f.equal_precision),
        ("all", |_| true),
    ];
    println!("{:40} {:>5} {:>9}", "games with", "count", "worst");
    for (name, has) in features {
        let with = records.iter().filter(|r| has(&Features::of(r.index)));
        let mut count = 0;
        let mut worst = 0.0_f64;
        for record in with {
            count += 1;
            if let Outcome::Agreed { difference, .. } = record.outcome {
                worst = worst.max(difference);
            }
        }
        println!("{name:40} {count:5} {worst:9.1e}");
    }
}

/// The engine's choice probabilities in the slots of the oracle's tree. Beliefs are the oracle's. Under
/// rolling foresight only the first round is played; later slots stay as they are in `base`.
fn engine_slots(
    game: &Game,
    solution: &Solution,
    tree: &Tree,
    belief: &[f64],
    rolling: bool,
    base: &[f64],
) -> Vec<f64> {
    let mut slots = base.to_vec();
    for set in &tree.sets {
        let node = &tree.nodes[set.node];
        if rolling && node.round > 0 {
            continue;
        }
        let beliefs: Vec<Vec<f64>> = (0..tree.priors.len())
            .map(|a| {
                let first = set.node * tree.seats + tree.seat[a];
                belief[first..first + tree.priors[a].len()].to_vec()
            })
            .collect();
        let found = solution
            .strategy(
                game,
                node.round as u32,
                node.phase,
                node.state as u32,
                &beliefs,
            )
            .expect("a node");
        assert_eq!(found[set.kind].len(), set.size);
        slots[set.slot..set.slot + set.size].copy_from_slice(&found[set.kind]);
    }
    slots
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

/// The same plan from another state and other beliefs.
fn reroot(json: &Value, seed: u64) -> Value {
    let mut random = Random::new(seed ^ 0xABCD);
    let mut other = json.clone();
    let live = json["afterwards"].as_array().map_or(1, Vec::len);
    other["start"] = random.below(live).into();
    for actor in other["actors"].as_array_mut().expect("actors") {
        let types = actor["types"].as_array_mut().expect("types");
        let weights: Vec<f64> = types.iter().map(|_| 0.05 + random.unit()).collect();
        let total: f64 = weights.iter().sum();
        for (t, w) in types.iter_mut().zip(&weights) {
            t["prior"] = (w / total).into();
        }
    }
    other
}

fn finest(json: &Value) -> usize {
    let axes: usize = json["actors"]
        .as_array()
        .expect("actors")
        .iter()
        .map(|a| a["types"].as_array().map_or(0, |t| t.len() - 1))
        .sum();
    // With more axes the tables grow too large, and the wide stencil settles sooner.
    match axes {
        0 | 1 => 1025,
        2 => 257,
        _ => 65,
    }
}

fn run(index: u64) -> Record {
    let features = Features::of(index);
    let json = random::game(index, &features, HISTORIES);
    let game = json::read(&json.to_string()).unwrap_or_else(|e| panic!("game {index}: {e}"));
    let solved = oracle::solve(&json, HISTORIES).unwrap_or_else(|e| panic!("game {index}: {e}"));
    let tree = &solved.tree;
    let point = tree.evaluate(&solved.x, 1.0);
    let base = &point.probability;
    // Under rolling foresight the same table of strategies serves every state and belief.
    let second = features.rolling.then(|| {
        let json = reroot(&json, index);
        oracle::solve(&json, 10 * HISTORIES).unwrap_or_else(|e| panic!("game {index}: {e}"))
    });
    let mut record = Record {
        index,
        outcome: Outcome::Refused(String::new()),
        histories: tree.nodes.len(),
        moved: tree.movement(&solved.x),
        precision: tree.precisions.iter().fold(0.0, |m, p| p.max(m)),
        rerooted: 0.0,
        multiple: 0,
        jumps: 0,
    };
    let mut before: Option<Vec<f64>> = None;
    for points in GRIDS {
        if points > finest(&json) {
            break;
        }
        let options = Options {
            belief_points: points,
            stencil: 16,
            ..Options::default()
        };
        let solution = match solve(&game, &options, &Silent) {
            Ok(solution) => solution,
            Err(error) => {
                record.outcome = Outcome::Refused(error.to_string());
                return record;
            }
        };
        record.multiple = solution.report.multiple;
        record.jumps = solution.report.jumps.len();
        let slots = engine_slots(
            &game,
            &solution,
            tree,
            &point.belief,
            features.rolling,
            base,
        );
        let mut difference = largest_difference(&slots, base);
        if let Some(second) = &second {
            let point = second.tree.evaluate(&second.x, 1.0);
            let slots = engine_slots(
                &game,
                &solution,
                &second.tree,
                &point.belief,
                true,
                &point.probability,
            );
            record.rerooted = largest_difference(&slots, &point.probability);
            difference = difference.max(record.rerooted);
        }
        let change = before.map_or(f64::INFINITY, |b| largest_difference(&slots, &b));
        if change < SETTLED {
            record.outcome = judge(tree, &slots, points, difference);
            return record;
        }
        record.outcome = Outcome::Unsettled { change, difference };
        before = Some(slots);
    }
    record
}

fn judge(tree: &Tree, slots: &[f64], points: usize, difference: f64) -> Outcome {
    if difference <= AGREED {
        return Outcome::Agreed { points, difference };
    }
    let start = tree.log_ratios(slots);
    let (x, residual) = path::newton(tree, &start, 1.0, 30);
    let moved = largest_difference(&tree.probabilities(&x), slots);
    if residual < 1e-11 && moved <= AGREED {
        Outcome::OtherBranch { points, difference }
    } else {
        Outcome::Wrong { points, difference }
    }
}

#[test]
fn engine_and_oracle_agree() {
    let started = std::time::Instant::now();
    let records = oracle::each_game(GAMES, run);
    let records: Vec<Record> = records.into_iter().map(|(_, record)| record).collect();
    report(&records, started.elapsed().as_secs_f64());
}

fn report(records: &[Record], seconds: f64) {
    let mut worst = 0.0_f64;
    let mut by_points = std::collections::BTreeMap::new();
    let (mut agreed, mut unsettled, mut branches) = (0, 0, 0);
    let mut bad = Vec::new();
    for record in records {
        let about = format!(
            "game {} (λ up to {}, {} histories, {} multiple, {} jumps)",
            record.index, record.precision, record.histories, record.multiple, record.jumps
        );
        match &record.outcome {
            Outcome::Agreed { points, difference } => {
                agreed += 1;
                worst = worst.max(*difference);
                *by_points.entry(*points).or_insert(0) += 1;
            }
            Outcome::OtherBranch { points, difference } => {
                branches += 1;
                println!(
                    "{about}: other branch at {points} points, {difference:.1e} apart, both exact"
                );
            }
            Outcome::Unsettled { change, difference } => {
                unsettled += 1;
                println!(
                    "{about}: still changes by {change:.1e}, {difference:.1e} from the oracle"
                );
            }
            Outcome::Wrong { points, difference } => {
                println!("{about}: WRONG by {difference:.1e} at {points} points");
                bad.push(record.index);
            }
            Outcome::Refused(reason) => {
                println!("{about}: {reason}");
                bad.push(record.index);
            }
        }
    }
    let mut moved: Vec<f64> = records.iter().map(|r| r.moved).collect();
    moved.sort_by(f64::total_cmp);
    let share = |s: f64| moved[((moved.len() - 1) as f64 * s) as usize];
    println!(
        "{} games in {seconds:.0} s: {agreed} agree, worst {worst:.1e}; {branches} on another exact branch; \
         {unsettled} not settled; {} bad",
        records.len(),
        bad.len()
    );
    println!("points an axis: {by_points:?}");
    println!(
        "beliefs move by {:.3} (first quartile), {:.3} (median), {:.3} (third), {:.3} (most)",
        share(0.25),
        share(0.5),
        share(0.75),
        share(1.0)
    );
    by_feature(records);
    assert!(bad.is_empty(), "games {bad:?}");
    assert!(
        unsettled * 20 <= records.len(),
        "{unsettled} games not settled"
    );
    assert!(worst <= AGREED);
    assert!(share(0.5) > 0.03, "beliefs hardly move");
}

/// In this game the branch jumps between beliefs, so that continuation values interpolated by local
/// stencils have sharp kinks, and paths that turn back at once where they meet one. All stages are
/// solved even so, and play goes to the oracle's as the grid gets finer.
#[test]
fn paths_go_on_past_kinks() {
    let index = 627;
    let features = Features::of(index);
    let json = random::game(index, &features, HISTORIES);
    let game = json::read(&json.to_string()).expect("sound");
    let solved = oracle::solve(&json, HISTORIES).expect("solved");
    let point = solved.tree.evaluate(&solved.x, 1.0);
    let base = &point.probability;
    let differences = [33, 129].map(|points| {
        let options = Options {
            belief_points: points,
            stencil: 16,
            ..Options::default()
        };
        let solution = solve(&game, &options, &Silent).expect("a solution everywhere");
        assert!(solution.report.jump_count > 0, "no kinks");
        assert!(solution.report.residual < 1e-9);
        let slots = engine_slots(&game, &solution, &solved.tree, &point.belief, false, base);
        let difference = largest_difference(&slots, base);
        println!(
            "{points} points: {} jumps, {difference:.1e} from the oracle",
            solution.report.jump_count
        );
        difference
    });
    assert!(differences[1] < 0.2 * differences[0], "{differences:?}");
}

/// The comparison sees a precision that is wrong in the sixth digit.
#[test]
fn a_slightly_different_game_is_noticed() {
    for index in 0..6 {
        let json = random::game(index, &Features::for_gambit(index), 300);
        let solved = oracle::solve(&json, 300).expect("solved");
        let point = solved.tree.evaluate(&solved.x, 1.0);
        let mut other = json.clone();
        for actor in other["actors"].as_array_mut().expect("actors") {
            let precision = actor["precision"].as_f64().expect("a number");
            actor["precision"] = (precision * (1.0 + 1e-6)).into();
        }
        let options = Options {
            belief_points: 65,
            stencil: 16,
            ..Options::default()
        };
        for (json, agrees) in [(&json, true), (&other, false)] {
            let game = json::read(&json.to_string()).expect("sound");
            let solution = solve(&game, &options, &Silent).expect("solved");
            let base = &point.probability;
            let slots = engine_slots(&game, &solution, &solved.tree, &point.belief, false, base);
            let outcome = judge(&solved.tree, &slots, 65, largest_difference(&slots, base));
            assert_eq!(
                matches!(outcome, Outcome::Agreed { .. }),
                agrees,
                "game {index}: {outcome:?}"
            );
            assert_eq!(matches!(outcome, Outcome::Wrong { .. }), !agrees);
        }
    }
}
