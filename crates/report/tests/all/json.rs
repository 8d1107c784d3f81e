//! `climbdown-game/1`: there and back, and what is refused.

use crate::oracle;

use climbdown_engine::game::{BeliefValue, Class, Game, Rule};
use climbdown_engine::solve::{Options, Silent, solve};
use climbdown_report::exchange::ExchangeError;
use climbdown_report::exchange::json::{MAX_BYTES, read, write};
use oracle::classic;
use oracle::random::{self, Features, Random};
use serde_json::{Value, json};

fn parse(game: &Value) -> Game {
    let game = read(&game.to_string()).expect("a sound game");
    game.validate().expect("sound tables");
    game
}

/// A game that uses every part of the format.
fn everything() -> Value {
    let mut game = classic::crisis_c(2.0);
    game["title"] = json!("quotes \" and \\ and é");
    game["horizon"] = json!(9);
    game["window"] = json!(5);
    game["foresight"] = json!(3);
    game["afterwards"] = json!([]);
    let node = &mut game["phases"][0]["nodes"][0];
    node["moves"] = json!([["escalate", "back", "leave"]]);
    let mut copy = node["joint"][1].clone();
    copy["moves"] = json!([2]);
    copy["outcomes"] = json!([
        {"labels": ["back"], "next": 1, "believed": 0.1, "true": 0.30000000000000004},
        {"labels": ["back"], "next": 8, "believed": 0.7, "true": 0.6},
        {"labels": ["back"], "next": 8, "believed": 0.2, "true": 0.1}]);
    copy["payoff"] = json!([[-0.1, 1e-30], [123456789.25]]);
    node["joint"]
        .as_array_mut()
        .expect("joint moves")
        .insert(0, copy);
    node["opportunity"] = json!([0.25]);
    node["opportunity_believed"] = json!([0.3]);
    node["default"] = json!([1]);
    node["variants"] = json!([[[0], [1, 2]]]);
    let end = &mut game["end"][0];
    end["flow"] = json!([[-0.01, -0.02], [-0.03]]);
    end["after"] = json!([[-5, -6], [-7]]);
    game["questions"] = json!([{"name": "war_soon", "states": [7], "by": 2}]);
    game
}

/// Everything but texts for people is the same.
fn assert_same(a: &Game, b: &Game) {
    assert!(
        format!("{a:?}") == format!("{b:?}"),
        "{} came back changed",
        a.title
    );
}

#[test]
fn comes_back_as_it_was() {
    let games = [
        classic::crisis_a(1.0),
        classic::crisis_c(0.1 + 0.2),
        classic::brinkmanship_six(8.0),
        classic::two_states(2.0, true),
        classic::chicken(0.9),
        everything(),
    ];
    for json in games {
        let game = parse(&json);
        let text = write(&game).expect("written");
        let again = read(&text).expect("read again");
        assert_same(&game, &again);
        assert_eq!(write(&again).expect("written again"), text);
    }
}

/// The same equilibrium, to the bit, comes out of what is written.
#[test]
fn says_the_same_to_another_solver() {
    for json in [classic::crisis_c(3.0), classic::two_states(2.0, false)] {
        let written = write(&parse(&json)).expect("written");
        let again: Value = serde_json::from_str(&written).expect("JSON");
        let a = oracle::solve(&json, 1000).expect("solved");
        let b = oracle::solve(&again, 1000).expect("solved");
        assert_eq!(a.x, b.x);
    }
}

#[test]
fn numbers_keep_their_bits() {
    let mut game = classic::crisis_a(1.0);
    let values = [
        0.1,
        1.0 / 3.0,
        -2e-300,
        9.87654321e250,
        5e-324,
        1e16,
        1e17,
        123456789012345680.0,
        -0.00001234567890123456,
        f64::MAX,
    ];
    for value in values {
        game["phases"][0]["nodes"][0]["joint"][0]["payoff"] = json!([[value, 0], [-value]]);
        let read_back = parse(&game);
        let text = write(&read_back).expect("written");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let found = &json["phases"][0]["nodes"][0]["joint"][0]["payoff"];
        assert_eq!(found[0][0].as_f64(), Some(value));
        assert_eq!(found[1][0].as_f64(), Some(-value));
    }
}

#[test]
fn equal_outcomes_are_summed_and_order_does_not_matter() {
    let game = parse(&everything());
    let climbdown_engine::game::Phase::Move(phase) = &game.phases[0] else {
        panic!("the first phase is a move")
    };
    assert_eq!(phase.alternative_moves[..3], [0, 1, 2]);
    let range = phase.alternative_outcomes[2] as usize..phase.alternative_outcomes[3] as usize;
    assert_eq!(range.len(), 2);
    let last = range.end - 1;
    assert!((phase.outcome_believed[last] - 0.9).abs() < 1e-15);
    assert!((phase.outcome_true[last] - 0.7).abs() < 1e-15);
    assert_eq!(phase.node_kinds[0], [[0, 1, 1]]);
    assert_eq!(game.window, 5);
}

/// What beliefs are worth where foresight runs out comes back to the bit, and so does play.
#[test]
fn values_by_belief_come_back() {
    let options = Options {
        belief_points: 5,
        ..Options::default()
    };
    let mut moved = 0;
    for index in 0..30 {
        let features = Features {
            both_typed: true,
            ..Features::of(index)
        };
        let mut game = parse(&random::game(index, &features, 300));
        let plain = solve(&game, &options, &Silent).expect("solved");
        let mut dice = Random::new(index);
        let seats = game.seats();
        let mut coefficient = vec![0.0; game.states.len() * seats];
        for state in 0..game.states.len() as u32 {
            if game.ends.iter().all(|end| end.state != state) {
                let first = state as usize * seats;
                coefficient[first..first + seats].fill_with(|| dice.between(-1.0, 1.0));
            }
        }
        for (actor, kind) in [(1, 0), (0, 1)] {
            game.afterwards_belief.push(BeliefValue {
                actor,
                kind,
                coefficient: coefficient.clone(),
            });
            // A part may say something of some states only.
            coefficient[..seats].fill(0.0);
        }
        let again = read(&write(&game).expect("written")).expect("read again");
        assert_same(&game, &again);
        let [a, b] = [&game, &again].map(|g| solve(g, &options, &Silent).expect("solved"));
        assert_eq!(a.values, b.values, "game {index}");
        moved += usize::from(a.values != plain.values);
    }
    assert!(moved > 20, "{moved}");
}

/// Where nothing is learned, a value by belief is its coefficient times the prior, as far as the belief
/// grid tells.
#[test]
fn a_value_by_belief_is_what_it_says() {
    let mut game = json!({
        "format": "climbdown-game/1", "title": "Image", "horizon": 1, "foresight": "full",
        "noise": "error", "precision_scale": "current",
        "actors": [
            {"name": "a", "precision": 1, "discount": 0.5,
             "types": [{"name": "s", "prior": 0.25}, {"name": "t", "prior": 0.75}]},
            {"name": "b", "precision": 1, "discount": 1, "types": [{"name": "u", "prior": 1}]}],
        "states": ["here", "there"], "start": 0,
        "phases": [{"kind": "events", "nodes": [
            {"state": 0, "payoff": [[0, 0], [0]],
             "outcomes": [{"next": 1, "believed": 1, "true": 1}]},
            {"state": 1, "payoff": [[0, 0], [0]],
             "outcomes": [{"next": 1, "believed": 1, "true": 1}]}]}],
        "afterwards": [{"state": 0, "value": [[0, 0], [0]]}, {"state": 1, "value": [[1, 0], [0]]}],
        "classes": [], "questions": []});
    game["afterwards_belief"] = json!([
        {"actor": 0, "type": 1, "values": [{"state": 1, "value": [[8, 16], [4]]}]},
        {"actor": 0, "type": 0, "values": [{"state": 0, "value": [[100, 100], [100]]},
                                           {"state": 1, "value": [[0, 0], [2]]}]}]);
    let game = parse(&game);
    let options = Options {
        belief_points: 33,
        stencil: 16,
        ..Options::default()
    };
    let solution = solve(&game, &options, &Silent).expect("solved");
    let beliefs = [vec![0.25, 0.75], vec![1.0]];
    let value = solution.value(&game, 0, 0, &beliefs).expect("a value");
    let expected = [
        0.5 * (1.0 + 0.75 * 8.0),
        0.5 * 0.75 * 16.0,
        0.75 * 4.0 + 0.25 * 2.0,
    ];
    for (found, expected) in value.iter().flatten().zip(expected) {
        assert!((found - expected).abs() < 1e-7, "{value:?}");
    }
}

#[test]
fn mistakes_in_values_by_belief_are_named() {
    let sound = everything();
    let seats: Value = json!([[1, 1], [1]]);
    let part = |actor: u32, kind: u32, values: Value| json!([{"actor": actor, "type": kind, "values": values}]);
    for (belief, expected) in [
        (
            part(2, 0, json!([])),
            "afterwards_belief[0]: there is no type 0 of actor 2",
        ),
        (
            part(1, 1, json!([])),
            "afterwards_belief[0]: there is no type 1 of actor 1",
        ),
        (
            part(0, 0, json!([{"state": 99, "value": seats}])),
            "afterwards_belief[0].values[0]",
        ),
        (
            part(
                0,
                0,
                json!([{"state": 0, "value": seats}, {"state": 0, "value": seats}]),
            ),
            "afterwards_belief[0].values[1]: state 0 is listed twice",
        ),
        (
            part(0, 0, json!([{"state": 0, "value": [[1], [1]]}])),
            "afterwards_belief[0].values[0]",
        ),
        (
            json!([{"actor": 0, "type": 0, "values": [], "more": 1}]),
            "more",
        ),
    ] {
        let mut game = sound.clone();
        game["afterwards_belief"] = belief;
        let error = read(&game.to_string()).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Classes that ask whether something ever held become sets of states with their history.
#[test]
fn history_becomes_part_of_the_state() {
    let mut game = parse(&classic::crisis_c(2.0));
    let resisted: Vec<bool> = game.states.iter().map(|s| s.contains("resisted")).collect();
    game.events.push(resisted);
    let event = u32::try_from(game.events.len() - 1).expect("small");
    game.classes.insert(
        0,
        Class {
            name: "tested".into(),
            label: String::new(),
            rule: Rule::Ever(event),
        },
    );
    let text = write(&game).expect("written");
    let again = read(&text).expect("read again");
    assert!(
        again
            .classes
            .iter()
            .all(|c| !matches!(c.rule, Rule::Ever(_)))
    );
    assert!(again.states.len() > game.states.len() / 2);
    // Strategies do not care.
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let a = oracle::solve(&classic::crisis_c(2.0), 1000).expect("solved");
    let b = oracle::solve(&json, 1000).expect("solved");
    for (a, b) in a.x.iter().zip(&b.x) {
        assert!((a - b).abs() < 1e-12);
    }
    // A state is in the class exactly when its label remembers.
    let tested = &json["classes"][0];
    assert_eq!(tested["name"], "tested");
    let members: Vec<usize> = tested["states"]
        .as_array()
        .expect("states")
        .iter()
        .filter_map(|s| s.as_u64().map(|s| s as usize))
        .collect();
    assert!(!members.is_empty());
    for (s, label) in again.states.iter().enumerate() {
        assert_eq!(
            members.contains(&s),
            label.contains("ever=tested"),
            "{label}"
        );
    }
}

/// A change, and words that its message must hold.
type Broken = (Value, &'static [&'static str]);

#[test]
fn each_mistake_is_named_with_its_place() {
    let node = "/phases/0/nodes/0";
    let at = |tail: &str| format!("{node}{tail}");
    let broken: Vec<(String, Broken)> = vec![
        ("/format".into(), (json!("other/2"), &["format", "other/2"])),
        ("/horizon".into(), (json!(0), &["horizon"])),
        ("/horizon".into(), (json!(4_000_000_000_u32), &["horizon"])),
        ("/horizon".into(), (json!(-1), &["line"])),
        ("/foresight".into(), (json!("far"), &["line", "unbounded"])),
        ("/foresight".into(), (json!(0), &["foresight"])),
        ("/start".into(), (json!(99), &["start", "99"])),
        (
            "/actors/0/types/0/prior".into(),
            (json!(0.4), &["challenger", "sum"]),
        ),
        (
            "/actors/1/precision".into(),
            (json!(-1), &["defender", "precision"]),
        ),
        (
            "/actors/1/discount".into(),
            (json!(1.5), &["defender", "discount"]),
        ),
        ("/states/1".into(), (json!("start"), &["states[1]"])),
        (at("/state"), (json!(3), &["phases[0].nodes[0]", "end"])),
        (
            at("/moves"),
            (json!([["threaten"]]), &["phases[0].nodes[0]", "joint"]),
        ),
        (
            at("/moves"),
            (
                json!([[]]),
                &["phases[0].nodes[0]", "challenger", "no move"],
            ),
        ),
        (
            at("/moves"),
            (json!([["a", "a"]]), &["phases[0].nodes[0]", "twice"]),
        ),
        (
            at("/joint/0/moves"),
            (json!([1]), &["phases[0].nodes[0]", "twice"]),
        ),
        (
            at("/joint/0/moves"),
            (json!([7]), &["phases[0].nodes[0]", "joint[0]", "7"]),
        ),
        (
            at("/joint/0/payoff"),
            (json!([[0], [0]]), &["move threaten", "challenger", "types"]),
        ),
        (
            at("/joint/0/payoff"),
            (json!([[0, 0]]), &["move threaten", "actors"]),
        ),
        (
            at("/joint/0/outcomes/0/believed"),
            (json!(0.9), &["move threaten", "believed", "0.9"]),
        ),
        (
            at("/joint/0/outcomes/0/believed"),
            (json!(1.2), &["move threaten", "1.2"]),
        ),
        (
            at("/joint/0/outcomes/0/true"),
            (json!(-1), &["move threaten", "true", "-1"]),
        ),
        (
            at("/joint/0/outcomes"),
            (json!([]), &["move threaten", "sum"]),
        ),
        (
            at("/joint/0/outcomes/0/next"),
            (json!(50), &["move threaten", "50"]),
        ),
        (
            at("/joint/0/outcomes/0/next"),
            (json!(2), &["phases[1]", "resisted", "no node"]),
        ),
        (
            at("/joint/0/outcomes/0/labels"),
            (json!([]), &["move threaten", "labels"]),
        ),
        (
            "/end/0/value".into(),
            (json!([[1, 2]]), &["end[0]", "actors"]),
        ),
        ("/end/1/state".into(), (json!(3), &["end[1]", "twice"])),
        (
            "/classes/0/states".into(),
            (json!([3, 4]), &["classes", "back"]),
        ),
        (
            "/classes/1/states".into(),
            (json!([0, 1]), &["classes", "no class"]),
        ),
        ("/phases/0/kind".into(), (json!("chance"), &["line"])),
        (
            "/phases/0/actors".into(),
            (json!([0, 0]), &["phases[0].actors"]),
        ),
        (
            "/phases/0/actors".into(),
            (json!([5]), &["phases[0].actors", "5"]),
        ),
        ("/phases".into(), (json!([]), &["phases"])),
    ];
    for (pointer, (value, words)) in broken {
        let mut game = classic::crisis_a(1.0);
        *game.pointer_mut(&pointer).expect("the place exists") = value.clone();
        let error = read(&game.to_string())
            .err()
            .unwrap_or_else(|| panic!("{pointer} = {value} was accepted"))
            .to_string();
        for word in words {
            assert!(error.contains(word), "{pointer} = {value}: {error}");
        }
    }
}

/// Fields of a phase may stand in any order; what is wrong in a node is told where it stands.
#[test]
fn phases_in_any_order() {
    let mut game = classic::crisis_a(1.0);
    let expected = format!("{:?}", read(&game.to_string()).expect("a game"));
    let phases = game["phases"].take();
    let phases = phases.as_array().expect("phases");
    let written = |orders: &[&str], phases: &[Value]| {
        let all: Vec<String> = phases
            .iter()
            .map(|phase| {
                let known = |name: &&&str| phase.get(**name).is_some();
                let fields = orders.iter().filter(known);
                let fields: Vec<String> = fields
                    .map(|name| format!("\n\"{name}\": {}", phase[*name]))
                    .collect();
                format!("{{{}\n}}", fields.join(","))
            })
            .collect();
        let text = game.to_string();
        text.replace(
            "\"phases\":null",
            &format!("\"phases\":[{}]", all.join(",")),
        )
    };
    let orders = [
        ["kind", "actors", "nodes"],
        ["kind", "nodes", "actors"],
        ["actors", "kind", "nodes"],
        ["actors", "nodes", "kind"],
        ["nodes", "kind", "actors"],
        ["nodes", "actors", "kind"],
    ];
    for order in &orders {
        let found = read(&written(order, phases)).expect("a game");
        assert_eq!(format!("{found:?}"), expected, "{order:?}");
    }
    let wrong = |change: &dyn Fn(&mut Value), order: &[&str]| {
        let mut phases = phases.clone();
        change(&mut phases[0]);
        let text = written(order, &phases);
        read(&text).expect_err("wrong").to_string()
    };
    let lost = |phase: &mut Value| {
        let node = phase["nodes"][0].as_object_mut().expect("a node");
        node.remove("state");
    };
    let error = wrong(&lost, &["kind", "nodes", "actors"]);
    assert!(
        error.contains("line 3") && error.contains("state"),
        "{error}"
    );
    let error = wrong(&lost, &["nodes", "kind", "actors"]);
    assert!(
        error.contains("line 2") && error.contains("state"),
        "{error}"
    );
    for (twice, missing) in [("kind", "actors"), ("actors", "nodes"), ("nodes", "kind")] {
        let error = wrong(&|_| {}, &["kind", "actors", "nodes", twice]);
        assert!(
            error.contains("duplicate") && error.contains(twice),
            "{error}"
        );
        let rest =
            ["kind", "actors", "nodes"].map(|name| if name == missing { "none" } else { name });
        let error = wrong(&|_| {}, &rest);
        assert!(
            error.contains("missing") && error.contains(missing),
            "{error}"
        );
    }
    let error = wrong(
        &|phase| phase["node"] = json!([]),
        &["kind", "node", "nodes"],
    );
    assert!(error.contains("node"), "{error}");
    let events = |phase: &mut Value| {
        phase["kind"] = json!("events");
        phase["nodes"] = json!([]);
    };
    let error = wrong(&events, &["kind", "actors", "nodes"]);
    assert!(error.contains("unknown field `actors`"), "{error}");
}

#[test]
fn optional_fields_are_checked() {
    let cases: [(&str, Value, &[&str]); 11] = [
        ("opportunity", json!([0.5]), &["default"]),
        ("opportunity", json!([0]), &["opportunity", "above 0"]),
        ("opportunity", json!([0.5, 0.5]), &["movers"]),
        ("default", json!([9]), &["default", "9"]),
        ("variants", json!([[[0]]]), &["variants", "out"]),
        ("variants", json!([[[0], [0, 1]]]), &["move 0", "two kinds"]),
        ("variants", json!([[[0, 1, 2]]]), &["move 2"]),
        ("variants", json!([[[0, 1], []]]), &["empty"]),
        ("variants", json!([]), &["variants"]),
        ("oportunity", json!([0.5]), &["line", "oportunity"]),
        (
            "opportunity_believed",
            json!([2]),
            &["opportunity_believed"],
        ),
    ];
    for (field, value, words) in cases {
        let mut game = classic::crisis_a(1.0);
        game["phases"][0]["nodes"][0][field] = value.clone();
        let error = read(&game.to_string())
            .err()
            .unwrap_or_else(|| panic!("{field} = {value} was accepted"))
            .to_string();
        for word in words {
            assert!(error.contains(word), "{field} = {value}: {error}");
        }
    }
}

#[test]
fn what_happens_must_be_believed_possible() {
    let mut game = classic::crisis_c(1.0);
    let outcome = &mut game["phases"][2]["nodes"][0]["outcomes"];
    outcome[0]["believed"] = json!(0);
    outcome[1]["believed"] = json!(1);
    let error = read(&game.to_string()).expect_err("impossible").to_string();
    assert!(
        error.contains("phases[2].nodes[0]") && error.contains("impossible"),
        "{error}"
    );
    // Under a move that is believed impossible, but possible under another one with the same label.
    let mut game = classic::crisis_a(1.0);
    let joint = &mut game["phases"][0]["nodes"][0]["joint"];
    joint[0]["outcomes"] = json!([
        {"labels": ["quiet"], "next": 6, "believed": 0, "true": 0.1},
        {"labels": ["threaten"], "next": 1, "believed": 1, "true": 0.9}]);
    parse(&game);
    let joint = &mut game["phases"][0]["nodes"][0]["joint"];
    joint[0]["outcomes"][0]["labels"] = json!(["silent"]);
    let error = read(&game.to_string()).expect_err("impossible").to_string();
    assert!(error.contains("phases[0].nodes[0]"), "{error}");
}

#[test]
fn afterwards_lists_every_live_state_or_none() {
    let mut game = classic::two_states(1.0, false);
    game["afterwards"] = json!([]);
    parse(&game);
    game["afterwards"] = json!([{"state": 0, "value": [[1], [2]]}]);
    let error = read(&game.to_string()).expect_err("calm is missing");
    assert!(error.to_string().contains("calm"), "{error}");
}

#[test]
fn a_typed_actor_may_not_infer_more_than_the_public() {
    let mut game = classic::chicken(1.0);
    for actor in 0..2 {
        game["actors"][actor]["types"] =
            json!([{"name": "a", "prior": 0.5}, {"name": "b", "prior": 0.5}]);
    }
    game["end"][0]["value"] = json!([[0, 0], [0, 0]]);
    for joint in 0..4 {
        game["phases"][0]["nodes"][0]["joint"][joint]["payoff"] = json!([[0, 1], [0, 1]]);
    }
    parse(&game);
    // Both labels say nothing: each knows its own move, the public does not.
    for joint in 0..4 {
        game["phases"][0]["nodes"][0]["joint"][joint]["outcomes"][0]["labels"] =
            json!(["moved", "moved"]);
    }
    let error = read(&game.to_string()).expect_err("blurred").to_string();
    assert!(error.contains("private types"), "{error}");
}

#[test]
fn long_and_foreign_texts() {
    let long = " ".repeat(MAX_BYTES + 1);
    assert!(matches!(read(&long), Err(ExchangeError::TooLarge { .. })));
    let deep = "[".repeat(1_000_000);
    for text in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"format\": 1}",
        "\u{feff}{}",
        &deep,
    ] {
        read(text).expect_err("no game");
    }
    let error = read("{}").expect_err("no format").to_string();
    assert!(error.contains("climbdown-game/1"), "{error}");
}

/// Cutting, doubling or replacing any piece of a sound text never panics.
#[test]
fn broken_texts_never_panic() {
    let text = write(&parse(&everything())).expect("written");
    let pieces: Vec<&str> = text
        .split_inclusive([',', '{', '[', ':', ']', '}'])
        .collect();
    let mut sound = 0;
    for i in 0..pieces.len() {
        let mut cut = pieces.clone();
        cut.remove(i);
        let mut doubled = pieces.clone();
        doubled.insert(i, pieces[i]);
        let mut replaced = pieces.clone();
        replaced[i] = pieces[(i * 7 + 3) % pieces.len()];
        for variant in [cut, doubled, replaced] {
            if let Ok(game) = read(&variant.concat()) {
                sound += 1;
                game.validate().expect("what is read is sound");
                write(&game).expect("what is read can be written");
            }
        }
        let mut end = i * text.len() / pieces.len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        read(&text[..end]).expect_err("a piece of a game");
    }
    assert!(
        sound < pieces.len() / 4,
        "{sound} broken texts were accepted"
    );
}
