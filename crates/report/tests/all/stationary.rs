//! `foresight unbounded`: published numbers, an oracle of another kind, long finite games.

use crate::oracle;

use climbdown_engine::analyse::equilibria;
use climbdown_engine::game::{Game, Phase};
use climbdown_engine::solve::stationary::{Branch, Profile};
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use oracle::classic;
use oracle::stationary::{self, Play};
use serde_json::{Value, json};

fn read(game: &Value) -> Game {
    climbdown_report::exchange::json::read(&game.to_string()).expect("a valid game")
}

fn solved(game: &Game) -> Solution {
    let solution =
        solve(game, &Options::default(), &Silent).unwrap_or_else(|e| panic!("{}: {e}", game.title));
    let certificate = certify(game, &solution, 0, &Silent).expect("checked");
    assert!(certificate.holds(), "{}: {certificate:?}", game.title);
    assert!(
        certificate.residual < 1e-10,
        "{}: {certificate:?}",
        game.title
    );
    // Play is an exact logit response: nothing but noise separates it from the best.
    assert!(
        certificate.logit_regret < 1e-9,
        "{}: {certificate:?}",
        game.title
    );
    solution
}

/// Choice probabilities by phase, state and mover.
fn play(game: &Game, solution: &Solution) -> Play {
    let mut all = Vec::new();
    for (phase, table) in game.phases.iter().zip(&solution.strategies[0]) {
        let mut nodes = std::collections::HashMap::new();
        if let Phase::Move(phase) = phase {
            for (n, state) in phase.node_state.iter().enumerate() {
                let mut own = Vec::new();
                for (m, moves) in phase.node_moves[n].iter().enumerate() {
                    let first = table.start[n * phase.actors.len() + m];
                    let logs = &table.log_sigma[first..first + moves.len()];
                    own.push(logs.iter().map(|l| l.exp()).collect());
                }
                nodes.insert(*state as usize, own);
            }
        }
        all.push(nodes);
    }
    all
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found} against {expected}"
    );
}

fn two_states(precision: f64) -> Value {
    let mut game = classic::two_states(precision, false);
    game["foresight"] = json!("unbounded");
    game
}

/// Origin: another program's Newton on the stationary equations, polished to 5e-16 and printed to 12
/// digits; δ = 0.9, one precision.
#[test]
fn two_states_in_the_long_run() {
    for (precision, expected) in [
        (
            1.0,
            [
                [0.539584700535, 0.477351019238],
                [0.516633439052, 0.502927818904],
            ],
        ),
        (
            0.5,
            [
                [0.515293677724, 0.495078758201],
                [0.506938121308, 0.503003434015],
            ],
        ),
    ] {
        let game = read(&two_states(precision));
        let solution = solved(&game);
        let play = play(&game, &solution);
        for (s, row) in expected.iter().enumerate() {
            for (m, p) in row.iter().enumerate() {
                close(play[0][&s][m][0], *p, 1e-12, "P(x)");
            }
        }
        if precision == 1.0 {
            let values = [
                0.635867870081,
                -0.204055787251,
                1.031096348374,
                0.352601782199,
            ];
            for (found, expected) in solution.values[0][0].iter().zip(values) {
                close(*found, expected, 1e-12, "V");
            }
        }
    }
}

/// Three hundred random games against sweeping and answering.
#[test]
fn random_games_agree_with_another_method() {
    let (mut settled, mut worst, mut worst_answer) = (0, 0.0f64, 0.0f64);
    let (mut joint, mut taste) = (0, 0);
    let count: u64 = 300;
    for seed in 0..count {
        let json = stationary::game(seed);
        let game = read(&json);
        let parsed = oracle::game::Game::parse(&json).expect("parsed");
        let several = |p: &Phase| matches!(p, Phase::Move(m) if m.actors.len() > 1);
        joint += u32::from(game.phases.iter().any(several));
        taste += u32::from(parsed.taste);
        let solution = solved(&game);
        let found = play(&game, &solution);
        let values = stationary::evaluate(&parsed, &found);
        let answer = stationary::answer(&parsed, &values, &found, 1.0);
        worst_answer = worst_answer.max(stationary::apart(&found, &answer));
        for (p, nodes) in values.iter().enumerate() {
            for (s, own) in nodes {
                let row = solution.layout.rows[p][*s] as usize;
                for (i, value) in own.iter().enumerate() {
                    let stored = solution.values[0][p][row * own.len() + i];
                    close(stored, *value, 1e-9, &format!("{} V", game.title));
                }
            }
        }
        if let Some(other) = stationary::settle(&parsed, 8) {
            settled += 1;
            let apart = stationary::apart(&found, &other);
            assert!(apart < 1e-8, "{}: {apart:e}", game.title);
            worst = worst.max(apart);
        }
    }
    println!(
        "{count} games, {joint} with joint moves, {taste} with taste: fixed points within \
         {worst_answer:.1e}; {settled} found anew within {worst:.1e}"
    );
    assert!(worst_answer < 1e-10);
    assert!(settled >= count * 9 / 10, "only {settled} settled");
    assert!(joint > 100 && taste > 100);
}

#[derive(serde::Deserialize)]
struct Published {
    v: Vec<f64>,
    p1: Vec<f64>,
    p2: Vec<f64>,
    invariant: Vec<f64>,
}

/// Play as published, in the form of a start.
fn published_start(dyad: &Published) -> Profile {
    let logs = |s: usize| {
        let own = [&dyad.p1, &dyad.p2];
        let all = own.into_iter().flat_map(|p| &p[3 * s..3 * s + 3]);
        all.map(|p| p.ln()).collect()
    };
    Profile(vec![(0..3).map(logs).collect()])
}

/// Shares of the states in the long run, by squaring the chain.
fn invariant(chain: [[f64; 3]; 3]) -> [f64; 3] {
    let mut power = chain;
    for _ in 0..60 {
        let mut square = [[0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..3 {
                square[i][j] = (0..3).map(|k| power[i][k] * power[k][j]).sum();
            }
        }
        // Rounding must not grow from square to square.
        for row in &mut square {
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= total);
        }
        power = square;
    }
    power[0]
}

/// Six dyads of C. Crisman-Cox and M. Gibilisco (2018), "Audience Costs and the Dynamics of War and
/// Peace", AJPS 62(3): values of moves v(a, s) = Σ P_j(a_j|s)[u + δ ln Σ exp v(a', s')], choices and
/// invariant distributions computed from the published replication archive. Values of moves are checked
/// by the authors' own equation, from the tables of the game as shipped.
#[test]
fn six_published_dyads() {
    let text = include_str!("../oracle/dyads.json");
    let all: std::collections::BTreeMap<String, Published> =
        serde_json::from_str(text).expect("the published numbers");
    assert_eq!(all.len(), 6);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/games/dyads/");
    for (name, dyad) in &all {
        let text = std::fs::read_to_string(format!("{folder}{name}.json")).expect("shipped");
        let game = climbdown_report::exchange::json::read(&text).expect("a game");
        let options = Options {
            start: Some(published_start(dyad)),
            ..Options::default()
        };
        let solution = solve(&game, &options, &Silent).unwrap_or_else(|e| panic!("{name}: {e}"));
        let certificate = certify(&game, &solution, 0, &Silent).expect("checked");
        assert!(certificate.holds(), "{name}: {certificate:?}");
        let Some(Branch::NearStart { moved, .. }) = solution.report.branch else {
            panic!("{name}: {:?}", solution.report.branch);
        };
        assert!(moved < 1e-9, "{name}: moved by {moved:e}");
        let play = play(&game, &solution);
        let Phase::Move(phase) = &game.phases[0] else {
            panic!("a phase of moves")
        };
        let value = |s: usize, i: usize| solution.values[0][0][2 * s + i];
        let mut chain = [[0.0; 3]; 3];
        for s in 0..3 {
            let own = &play[0][&s];
            for a in 0..3 {
                close(own[0][a], dyad.p1[3 * s + a], 1e-9, &format!("{name} p1"));
                close(own[1][a], dyad.p2[3 * s + a], 1e-9, &format!("{name} p2"));
                for i in 0..2 {
                    let mut v = 0.0;
                    for b in 0..3 {
                        let (first, second) = if i == 0 { (a, b) } else { (b, a) };
                        let k = 9 * s + 3 * first + second;
                        let next = first.max(second);
                        v += own[1 - i][b] * (phase.payoff[2 * k + i] + 0.9 * value(next, i));
                    }
                    close(v, dyad.v[9 * i + 3 * s + a], 1e-9, &format!("{name} v"));
                }
                for b in 0..3 {
                    chain[s][a.max(b)] += own[0][a] * own[1][b];
                }
            }
        }
        for (found, expected) in invariant(chain).iter().zip(&dyad.invariant) {
            close(*found, *expected, 1e-9, &format!("{name} invariant"));
        }
        // The branch from uniform play closes as well; the estimates need not be on it.
        let principal = solve(&game, &Options::default(), &Silent).map(|solution| {
            let certificate = certify(&game, &solution, 0, &Silent).expect("checked");
            assert!(certificate.holds(), "{name}: {certificate:?}");
            (
                solution.report.branch.clone(),
                self::play(&game, &solution)[0][&0].clone(),
            )
        });
        println!("{name}: {principal:?}");
    }
}

/// At least nineteen solutions of the estimated US-Iran game are known; the search from random play
/// finds those, among them the published one, and their indices sum to one.
#[test]
fn many_solutions_of_one_dyad() {
    let text = include_str!("../oracle/dyads.json");
    let all: std::collections::BTreeMap<String, Published> =
        serde_json::from_str(text).expect("the published numbers");
    let dyad = &all["us-iran"];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/games/dyads/");
    let text = std::fs::read_to_string(format!("{folder}us-iran.json")).expect("shipped");
    let game = climbdown_report::exchange::json::read(&text).expect("a game");
    let options = equilibria::Options {
        starts: 2000,
        seed: 1,
    };
    let begun = std::time::Instant::now();
    let found =
        equilibria::equilibria(&game, &Options::default(), &options, &Silent).expect("searched");
    println!(
        "{} solutions, {} of {} starts closed, index {:?}, {:.1} s",
        found.solutions.len(),
        found.closed,
        found.starts,
        found.index_sum,
        begun.elapsed().as_secs_f64()
    );
    for e in &found.solutions {
        println!(
            "{} {} {} {:?} {:?}",
            e.principal, e.found, e.index, e.stable, e.values
        );
        assert!(e.residual < 1e-10);
    }
    let published = found.solutions.iter().find(|e| {
        let first = &equilibria::probabilities(&e.profile)[0][0];
        (first[0] - dyad.p1[0]).abs() < 1e-8 && (first[3] - dyad.p2[0]).abs() < 1e-8
    });
    assert!(
        published.is_some(),
        "the published solution is not among them"
    );
    assert!(
        found.solutions.len() >= 19,
        "only {} found",
        found.solutions.len()
    );
}

/// A one-shot game for ever: every round pays the same and leads back, so stationary play is that of the
/// stage, whose solutions are known. Chicken at 1.2 has three (Gambit's branch, its mirror and the
/// symmetric one, by another program); the symmetric one is the middle, reached straight on past the
/// bifurcation, and the only one that a small push upsets.
#[test]
fn chicken_has_three_and_the_path_goes_straight_on() {
    let payoff = [[[-4.0, -4.0], [1.0, -1.0]], [[-1.0, 1.0], [0.0, 0.0]]];
    let names = ["dare", "swerve"];
    let joint: Vec<Value> = (0..4)
        .map(|k| {
            let (a, b) = (k / 2, k % 2);
            let [x, y]: [f64; 2] = payoff[a][b];
            json!({"moves": [a, b], "payoff": [[x], [y]], "outcomes": [
                {"labels": [names[a], names[b]], "next": 0,
                 "believed": 1, "true": 1}]})
        })
        .collect();
    let chicken = |precision: f64| {
        let actor = |name: &str| {
            json!({"name": name, "precision": precision, "discount": 0.5,
                   "types": [{"name": "plain", "prior": 1}]})
        };
        read(&json!({
            "format": "climbdown-game/1", "title": "Chicken for ever", "horizon": 1,
            "foresight": "unbounded", "noise": "error", "precision_scale": "current",
            "actors": [actor("a"), actor("b")], "states": ["chicken"], "start": 0,
            "phases": [{"kind": "move", "actors": [0, 1], "nodes": [{"state": 0,
                "moves": [["dare", "swerve"], ["dare", "swerve"]], "joint": joint}]}],
            "end": [], "afterwards": [], "classes": [], "questions": []}))
    };
    for (precision, expected) in [
        (0.5, 0.417180099378),
        (0.9, 0.382748990610),
        (1.2, 0.365189558399),
    ] {
        let game = chicken(precision);
        let solution = solved(&game);
        let play = play(&game, &solution);
        for m in 0..2 {
            close(play[0][&0][m][0], expected, 1e-11, "P(dare)");
        }
        let Some(Branch::Principal {
            crossings, watched, ..
        }) = solution.report.branch
        else {
            panic!("{:?}", solution.report.branch);
        };
        assert!(watched);
        assert_eq!(crossings, u64::from(precision > 1.0), "at {precision}");
        let options = equilibria::Options {
            starts: 60,
            seed: 7,
        };
        let found = equilibria::equilibria(&game, &Options::default(), &options, &Silent)
            .expect("searched");
        assert_eq!(found.index_sum, Some(1), "at {precision}");
        assert_eq!(found.solutions.len(), if precision > 1.0 { 3 } else { 1 });
        assert!(found.solutions[0].principal);
        assert_eq!(found.solutions[0].stable, Some(precision < 1.0));
        if precision > 1.0 {
            assert_eq!(found.solutions[0].index, -1);
            let mut dares: Vec<f64> = found.solutions[1..]
                .iter()
                .map(|e| equilibria::probabilities(&e.profile)[0][0][0])
                .collect();
            dares.sort_by(f64::total_cmp);
            close(dares[0], 0.138655544653, 1e-11, "Gambit's branch");
            close(dares[1], 0.630521193157, 1e-11, "its mirror");
            assert!(
                found.solutions[1..]
                    .iter()
                    .all(|e| e.index == 1 && e.stable == Some(true))
            );
        }
    }
}

/// A plan that is long enough is stationary at its beginning: the `full` solver, which works backwards
/// round by round, against the stationary one on games with one mover a phase.
#[test]
fn long_plans_become_stationary() {
    let mut compared = 0;
    for seed in 0..400 {
        let mut json = stationary::game(seed);
        let phases = json["phases"].as_array().expect("phases");
        let single = |p: &Value| {
            p["kind"] == "events" || p["actors"].as_array().is_some_and(|a| a.len() == 1)
        };
        if json["noise"] == "taste" || !phases.iter().all(single) || compared == 12 {
            continue;
        }
        let own = solved(&read(&json));
        json["foresight"] = json!("full");
        json["horizon"] = json!(700);
        let finite = read(&json);
        let solution = solve(&finite, &Options::default(), &Silent).expect("solved");
        let game = read(&json);
        let apart = stationary::apart(&play(&game, &own), &play(&game, &solution));
        // A long plan may settle on another branch or circle; both would be seen here.
        assert!(apart < 1e-8, "{}: {apart:e}", game.title);
        compared += 1;
    }
    assert_eq!(compared, 12);
}

/// What cannot be solved is refused with what to do instead, and a start that leads nowhere is said.
#[test]
fn refusals() {
    let refused = |json: &Value, options: &Options| {
        solve(&read(json), options, &Silent)
            .expect_err("refused")
            .to_string()
    };
    let small = Options {
        memory: 1000,
        ..Options::default()
    };
    let text = refused(&two_states(1.0), &small);
    assert!(text.contains("MiB"), "{text}");
    let elsewhere = Options {
        start: Some(Profile(vec![vec![vec![0.0; 3]]])),
        ..Options::default()
    };
    let text = refused(&two_states(1.0), &elsewhere);
    assert!(text.contains("is not of this game"), "{text}");
}
