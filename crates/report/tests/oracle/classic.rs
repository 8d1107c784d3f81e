//! Textbook games in the exchange format.

use serde_json::{Value, json};

/// Outcomes of a move that is seen under its own name and leads to one state.
fn sure(label: &str, next: usize) -> Value {
    json!([{"labels": [label], "next": next, "believed": 1, "true": 1}])
}

/// A node at which one actor has two plain moves, each with payoffs by actor and type.
fn two_moves(state: usize, moves: [(&str, usize, Value); 2]) -> Value {
    let joint: Vec<Value> = moves
        .iter()
        .enumerate()
        .map(|(m, (label, next, payoff))| {
            json!({"moves": [m], "payoff": payoff, "outcomes": sure(label, *next)})
        })
        .collect();
    json!({"state": state, "moves": [[moves[0].0, moves[1].0]], "joint": joint})
}

fn end(state: usize, resolved: f64, bluffing: f64, defender: f64) -> Value {
    json!({"state": state, "value": [[resolved, bluffing], [defender]]})
}

fn header(title: &str, horizon: usize, precision: f64) -> Value {
    json!({
        "format": "climbdown-game/1", "title": title, "horizon": horizon,
        "foresight": "full", "noise": "error", "precision_scale": "current",
        "actors": [
            {"name": "challenger", "precision": precision, "discount": 1,
             "types": [{"name": "resolved", "prior": 0.3}, {"name": "bluffing", "prior": 0.7}]},
            {"name": "defender", "precision": precision, "discount": 1,
             "types": [{"name": "plain", "prior": 1}]}],
        "questions": []
    })
}

/// Zero payoffs of the two-type challenger and the defender.
fn nothing() -> Value {
    json!([[0, 0], [0]])
}

/// Crisis A: one-sided resolve.
pub fn crisis_a(precision: f64) -> Value {
    let mut game = header("Crisis A: one-sided resolve", 1, precision);
    game["states"] = json!([
        "start",
        "threatened",
        "resisted",
        "war",
        "back",
        "yield",
        "quiet"
    ]);
    game["start"] = json!(0);
    game["phases"] = json!([
        {"kind": "move", "actors": [0],
         "nodes": [two_moves(0, [("threaten", 1, nothing()), ("quiet", 6, nothing())])]},
        {"kind": "move", "actors": [1],
         "nodes": [two_moves(1, [("resist", 2, nothing()), ("yield", 5, nothing())])]},
        {"kind": "move", "actors": [0],
         "nodes": [two_moves(2, [("stand_firm", 3, nothing()), ("back_down", 4, nothing())])]}
    ]);
    game["end"] = json!([
        end(3, -0.2, -1.0, -0.5),
        end(4, -0.3, -0.3, 1.0),
        end(5, 1.0, 1.0, 0.0),
        end(6, 0.0, 0.0, 1.0)
    ]);
    game["classes"] = json!([
        {"name": "war", "states": [3]}, {"name": "peace", "states": [0, 1, 2, 4, 5, 6]}]);
    game
}

/// A crisis of several rounds: the challenger escalates or backs down, the defender resists or
/// yields, then war breaks out by accident with the given probability; after the last round the
/// challenger attacks or backs down. `back[k]` is the challenger's payoff for backing down in round k,
/// `yields[k]` what each side gets when the defender yields.
fn brinkmanship(
    title: &str,
    precision: f64,
    accident: &[f64],
    back: &[f64],
    yields: &[(f64, f64)],
    last_moves: [&str; 2],
) -> Value {
    let rounds = accident.len();
    let mut game = header(title, rounds + 1, precision);
    // Stage k opens round k; `e` after an escalation, `r` after it was resisted.
    let opens = |k: usize| 3 * k;
    let escalated = |k: usize| 3 * k + 1;
    let resisted = |k: usize| 3 * k + 2;
    let war = 3 * rounds + 1;
    let back_state = |k: usize| war + 1 + k;
    let yield_state = |k: usize| war + 2 + rounds + k;
    let mut states = Vec::new();
    for k in 0..rounds {
        states.push(format!("stage {k}"));
        states.push(format!("stage {k} escalated"));
        states.push(format!("stage {k} resisted"));
    }
    states.push("last".to_owned());
    states.push("war".to_owned());
    for k in 0..=rounds {
        states.push(format!("back {k}"));
    }
    for k in 0..rounds {
        states.push(format!("yield {k}"));
    }
    let mut challenger = Vec::new();
    let mut defender = Vec::new();
    let mut chance = Vec::new();
    let mut ends = vec![end(war, -0.2, -1.0, -0.5)];
    for k in 0..rounds {
        challenger.push(two_moves(
            opens(k),
            [
                ("escalate", escalated(k), nothing()),
                ("back", back_state(k), nothing()),
            ],
        ));
        defender.push(two_moves(
            escalated(k),
            [
                ("resist", resisted(k), nothing()),
                ("yield", yield_state(k), nothing()),
            ],
        ));
        let p = accident[k];
        chance.push(
            json!({"state": resisted(k), "payoff": nothing(), "outcomes": [
            {"next": war, "believed": p, "true": p},
            {"next": opens(k + 1), "believed": 1.0 - p, "true": 1.0 - p}]}),
        );
        ends.push(end(back_state(k), back[k], back[k], 1.0));
        ends.push(end(yield_state(k), yields[k].0, yields[k].0, yields[k].1));
    }
    challenger.push(two_moves(
        opens(rounds),
        [
            (last_moves[0], war, nothing()),
            (last_moves[1], back_state(rounds), nothing()),
        ],
    ));
    ends.push(end(back_state(rounds), back[rounds], back[rounds], 1.0));
    game["start"] = json!(0);
    game["phases"] = json!([
        {"kind": "move", "actors": [0], "nodes": challenger},
        {"kind": "move", "actors": [1], "nodes": defender},
        {"kind": "events", "nodes": chance}
    ]);
    game["end"] = json!(ends);
    let peace: Vec<usize> = (0..states.len()).filter(|&s| s != war).collect();
    game["states"] = json!(states);
    game["classes"] = json!([
        {"name": "war", "states": [war]}, {"name": "peace", "states": peace}]);
    game
}

/// Crisis C: two-round brinkmanship with accidents.
pub fn crisis_c(precision: f64) -> Value {
    brinkmanship(
        "Crisis C: two-round brinkmanship",
        precision,
        &[0.1, 0.3],
        &[0.0, -0.3, -0.6],
        &[(1.0, 0.0), (0.9, -0.1)],
        ["attack", "back"],
    )
}

/// Six-round brinkmanship.
pub fn brinkmanship_six(precision: f64) -> Value {
    let accident: Vec<f64> = (0..6).map(|k| 0.05 * f64::from(k + 1)).collect();
    let back: Vec<f64> = (0..7).map(|k| -0.1 * f64::from(k)).collect();
    let yields: Vec<(f64, f64)> = (0..6)
        .map(|k| (1.0 - 0.05 * f64::from(k), -0.05 * f64::from(k)))
        .collect();
    brinkmanship(
        "Six-round brinkmanship",
        precision,
        &accident,
        &back,
        &yields,
        ["attack", "back"],
    )
}

/// Two states, two moves each at once, δ = 0.9, three rounds.
pub fn two_states(precision: f64, discounted: bool) -> Value {
    let payoff = [
        [[[-1.0, -1.2], [1.0, -0.5]], [[-0.5, 1.0], [0.0, 0.0]]],
        [[[0.2, 0.2], [0.5, 0.0]], [[0.0, 0.5], [0.3, 0.3]]],
    ];
    let crisis = [[[0.9, 0.6], [0.6, 0.2]], [[0.8, 0.4], [0.4, 0.05]]];
    let names = ["x", "y"];
    let mut nodes = Vec::new();
    for s in 0..2 {
        let mut joint = Vec::new();
        for a in 0..2 {
            for b in 0..2 {
                let p: f64 = crisis[s][a][b];
                let labels = [names[a], names[b]];
                joint.push(json!({"moves": [a, b],
                    "payoff": [[payoff[s][a][b][0]], [payoff[s][a][b][1]]],
                    "outcomes": [
                        {"labels": labels, "next": 0, "believed": p, "true": p},
                        {"labels": labels, "next": 1, "believed": 1.0 - p, "true": 1.0 - p}]}));
            }
        }
        nodes.push(json!({"state": s, "moves": [["x", "y"], ["x", "y"]], "joint": joint}));
    }
    let actor = |name: &str| {
        json!({"name": name, "precision": precision, "discount": 0.9,
               "types": [{"name": "plain", "prior": 1}]})
    };
    json!({
        "format": "climbdown-game/1", "title": "Two states", "horizon": 3, "foresight": "full",
        "noise": "error",
        "precision_scale": if discounted { "discounted" } else { "current" },
        "actors": [actor("a"), actor("b")], "states": ["crisis", "calm"], "start": 0,
        "phases": [{"kind": "move", "actors": [0, 1], "nodes": nodes}], "end": [],
        "afterwards": [{"state": 0, "value": [[0], [0]]}, {"state": 1, "value": [[0], [0]]}],
        "classes": [{"name": "crisis", "states": [0]}, {"name": "calm", "states": [1]}],
        "questions": []
    })
}

/// Chicken: dare or swerve, at once.
pub fn chicken(precision: f64) -> Value {
    let payoff = [[[-4, -4], [1, -1]], [[-1, 1], [0, 0]]];
    let names = ["dare", "swerve"];
    let mut joint = Vec::new();
    for a in 0..2 {
        for b in 0..2 {
            joint.push(
                json!({"moves": [a, b], "payoff": [[payoff[a][b][0]], [payoff[a][b][1]]],
                "outcomes": [{"labels": [names[a], names[b]], "next": 1, "believed": 1, "true": 1}]}),
            );
        }
    }
    let actor = |name: &str| {
        json!({"name": name, "precision": precision, "discount": 1,
               "types": [{"name": "plain", "prior": 1}]})
    };
    json!({
        "format": "climbdown-game/1", "title": "Chicken", "horizon": 1, "foresight": "full",
        "noise": "error", "precision_scale": "current",
        "actors": [actor("a"), actor("b")], "states": ["start", "over"], "start": 0,
        "phases": [{"kind": "move", "actors": [0, 1],
                    "nodes": [{"state": 0, "moves": [names, names], "joint": joint}]}],
        "end": [{"state": 1, "value": [[0], [0]]}],
        "classes": [{"name": "all", "states": [0, 1]}], "questions": []
    })
}
