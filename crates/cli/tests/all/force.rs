//! The cost of force, dominance, bargaining room and unpredictability, through the binary.

use crate::support;

use serde_json::Value;
use std::path::Path;
use support::{Done, directory, run, shipped, write};

fn json(directory: &Path, name: &str, text: &str, arguments: &[&str]) -> Value {
    let file = write(directory, name, text);
    let file = file.to_str().expect("UTF-8");
    let mut all = vec![arguments[0], file, "--json", "--quiet"];
    all.extend(&arguments[1..]);
    run(directory, &all).json()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// One decision: strike, at a cost in excess of the provocation, or hold; precision and weights vary.
fn proportion(force: f64, provocation: f64) -> String {
    format!(
        r#"scenario "Proportion"
  round week
  horizon 2 rounds
  foresight 2 rounds
  order us, events

parameter supply_loss = 8%
  "lost"
  source "free"
  grade C

ladder rung
  levels calm, strikes
  start calm

actor us
  precision 1
  payoff per week
    oil: -0.1 * oil_price_ratio(supply_loss, 0.2) * (rung == strikes)
    prize: 1 * (rung == strikes)

move us.hold

move us.strike
  when rung == calm
  cost us: 0.4 + 0.5 * out_of_proportion({force}, {provocation})
  outcome: rung up

question struck "Struck": rung == strikes within 2 rounds
"#
    )
}

#[test]
fn force_beyond_the_provocation_costs_nothing_then_ever_more() {
    let here = directory();
    let limit = |force: f64, provocation: f64| {
        let text = proportion(force, provocation);
        let found = json(here.path(), "p.crisis", &text, &["force", "--futures", "0"]);
        assert!(number(&found["error"]) < 1e-9);
        let payer = &found["uses"][0]["types"][0]["payers"][0];
        let parts = list(&payer["terms"]);
        let sum: f64 = parts.iter().map(|t| number(&t["difference"])).sum();
        assert!((sum - number(&payer["total"])).abs() < 1e-9);
        let limit = &found["proportionality"]["limits"][0];
        let sigma = number(&found["uses"][0]["types"][0]["probability"]);
        (
            number(&limit["cost"]),
            number(&limit["excessive"]),
            number(&limit["binding"]),
            number(&limit["shadow_price"]),
            sigma,
        )
    };
    for provocation in [1.0, 1.5, 3.0] {
        assert_eq!(limit(1.0, provocation).0, 0.0);
        assert_eq!(limit(1.0, provocation).1, 0.0);
    }
    let mut last = (0.0, 0.0, 1.0);
    let mut bound = Vec::new();
    for k in 1..=6 {
        let excess = f64::from(k) * 0.5;
        let (cost, excessive, binding, shadow, sigma) = limit(1.0 + excess, 1.0);
        assert!((cost - 0.5 * excess * excess).abs() < 1e-9, "{cost}");
        assert_eq!(excessive, 1.0);
        assert!(
            cost - last.0 > last.1 && sigma < last.2,
            "not convex, or no deterrent"
        );
        assert!(shadow > 0.0);
        last = (cost, cost - last.0, sigma);
        bound.push(binding > 0.0);
    }
    // A small excess leaves force the best move, a large one holds it back.
    assert!(!bound[0] && bound[5], "{bound:?}");
}

#[test]
fn the_closure_curve_is_the_closed_form() {
    let here = directory();
    for sum in [0.1, 0.2, 0.5] {
        let text = proportion(1.0, 1.0).replace("0.2)", &format!("{sum})"));
        let found = json(here.path(), "c.crisis", &text, &["force", "--futures", "0"]);
        let curve = list(&found["chokepoint"]["curve"]);
        let (mut cost, mut slope, mut at) = (0.0, 0.0, 0.0);
        for (k, depth) in curve.iter().enumerate() {
            let lost = number(&depth["lost"]);
            let ratio = number(&depth["ratio"]);
            assert!((ratio.ln() * sum + (1.0 - lost).ln()).abs() < 1e-12);
            let now = number(&depth["cost"][1]);
            if k == 0 {
                assert!(lost == 0.0 && ratio == 1.0 && now == 0.0);
                continue;
            }
            let rise = (now - cost) / (lost - at);
            assert!(rise > slope, "not convex at {lost}");
            let weeks = number(&depth["cost"][0]);
            assert!((now / weeks - 30.0 / 7.0).abs() < 1e-9);
            (cost, slope, at) = (now, rise, lost);
        }
    }
}

/// Alternating steps up a ladder of `n` rungs: whoever moves steps up or backs down.
fn ladder(prize: [f64; 2], down: &[f64], war: [f64; 2]) -> String {
    let n = down.len();
    let rungs: Vec<String> = (0..n).map(|k| format!("r{k}")).collect();
    let mut text = format!(
        r#"scenario "Ladder"
  round week
  horizon {n} rounds
  foresight full
  order a, b

ladder rung
  levels {}, war
  start r0

variable out
  levels no, a_out, b_out
  start no

actor a
  precision 300

actor b
  precision 300

move a.wait
  when rung in (none)

"#,
        rungs.join(", ")
    )
    .replace("move a.wait\n  when rung in (none)\n\n", "");
    for (side, other, parity) in [("a", "b", 0), ("b", "a", 1)] {
        let own: Vec<String> = (0..n)
            .filter(|k| k % 2 == parity)
            .map(|k| format!("rung == r{k}"))
            .collect();
        let own = own.join(" or ");
        text += &format!(
            "move {side}.pass\n  when not ({own})\n\nmove {side}.up\n  when {own}\n  outcome: rung up\n\nmove {side}.back\n  when {own}\n  outcome: out to {side}_out\n\n"
        );
        let costs: Vec<String> = (0..n)
            .map(|k| format!("{} * (rung == r{k})", -down[k]))
            .collect();
        let i = usize::from(side == "b");
        text += &format!(
            "end {side}_out when out == {side}_out\n  value {side}: {}\n  value {other}: {}\n\n",
            costs.join(" + "),
            prize[1 - i]
        );
    }
    text + &format!(
        "end war when rung == war\n  value a: {}\n  value b: {}\n",
        -war[0], -war[1]
    )
}

#[test]
fn dominance_is_credibility_at_every_higher_node() {
    let here = directory();
    let (mut held, mut failed) = (0, 0);
    let mut random = 12345u64;
    let mut next = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) as f64 / f64::from(1u32 << 31)
    };
    for case in 0..12 {
        let n = 2 + case % 4;
        let down: Vec<f64> = (0..n).map(|_| 1.0 + 4.0 * next()).collect();
        let war = [6.0 * next(), 6.0 * next()];
        let prize = [1.0 + next(), 1.0 + next()];
        // Backward induction, by hand: does whoever moves at rung k step up?
        let mut value = [-war[0], -war[1]];
        let mut up = vec![false; n];
        for k in (0..n).rev() {
            let i = k % 2;
            up[k] = value[i] > -down[k];
            if !up[k] {
                value[i] = -down[k];
                value[1 - i] = prize[1 - i];
            }
        }
        let text = ladder(prize, &down, war);
        let found = json(here.path(), "l.crisis", &text, &["dominance"]);
        for (i, side) in ["a", "b"].into_iter().enumerate() {
            let pairs = list(&found["pairs"]);
            let pair = pairs.iter().find(|p| p["side"] == side).expect("a side");
            for r in 0..n {
                let expected = (r..n).all(|k| up[k] == (k % 2 == i));
                let shown = number(&pair["probability"][r]);
                assert_eq!(
                    shown,
                    f64::from(u8::from(expected)),
                    "{side} r{r}: {up:?}\n{text}"
                );
                held += usize::from(expected);
                failed += usize::from(!expected);
            }
        }
    }
    assert!(held >= 5 && failed >= 5, "{held} {failed}");
}

/// Fearon's bargaining: war at (p − c_a, 1 − p − c_b) unless a share x is agreed on.
fn bargaining(x: f64, p: f64, cost: [f64; 2], validation: f64) -> String {
    format!(
        r#"scenario "Fearon"
  round week
  horizon 1 rounds
  foresight full
  order us, iran, events

actor us
  precision 1
  payoff per round
    war: ({p} - {}) * (table == none)

actor iran
  precision 1
  payoff per round
    war: (1 - {p} - {}) * (table == none)

move us.hold

move iran.hold

talks table between us and iran
  start us_share
  accepting us: {validation}
  accepting iran: {validation}
  rejecting us: 0
  rejecting iran: 0
  package share "A share"
    value us: {x}
    value iran: 1 - {x}

question agreed "Agreed": table == share within 1 rounds
"#,
        cost[0], cost[1]
    )
}

#[test]
fn the_room_is_the_cost_of_war_to_both_less_validation() {
    let here = directory();
    let mut closed = 0;
    for (p, cost) in [(0.5, [0.1, 0.2]), (0.3, [0.05, 0.05]), (0.7, [0.3, 0.1])] {
        for validation in [0.0, 0.05, 0.2, 0.5] {
            for x in [0.2, p, 0.9] {
                let text = bargaining(x, p, cost, validation);
                let found = json(here.path(), "b.crisis", &text, &["room"]);
                let table = &found["tables"][0];
                let package = list(&table["packages"])
                    .iter()
                    .find(|k| k["accepted_by"] == "iran")
                    .expect("iran accepts");
                let surplus = |side: usize| number(&package["surpluses"][side][0]["surplus"]);
                assert!((surplus(0) - (x - (p - cost[0]))).abs() < 1e-9, "{package}");
                let iran = 1.0 - x - (1.0 - p - cost[1]) - validation;
                assert!((surplus(1) - iran).abs() < 1e-9);
                let room = cost[0] + cost[1] - validation;
                assert!((surplus(0) + surplus(1) - room).abs() < 1e-9);
                let pair = &table["pairs"][0];
                let width = number(&pair["width"]);
                assert!(width <= room / 2.0 + 1e-9);
                let deadlock = number(&table["deadlock"]);
                assert_eq!(deadlock, f64::from(u8::from(width <= 0.0)));
                if width < -1e-9 && pair["binding"] == "iran" && pair["accepted_by"] == "iran" {
                    // Multiplying the term by what is printed opens the room, exactly.
                    let war = list(&pair["opens"]).iter().find(|t| t["name"] == "war");
                    let factor = number(&war.expect("a term")["opens_at"]);
                    let opened = text.replace(
                        &format!("war: (1 - {p}"),
                        &format!("war: {factor} * (1 - {p}"),
                    );
                    let again = json(here.path(), "o.crisis", &opened, &["room"]);
                    let package = list(&again["tables"][0]["packages"])
                        .iter()
                        .find(|k| k["accepted_by"] == "iran")
                        .expect("iran accepts")
                        .clone();
                    let surplus = number(&package["surpluses"][1][0]["surplus"]);
                    assert!(surplus.abs() < 1e-9, "{surplus}");
                    closed += 1;
                }
            }
        }
    }
    assert!(closed >= 3);
}

#[test]
fn rejection_rhetoric_raises_the_audience_cost_and_cuts_concessions() {
    let here = directory();
    let text = std::fs::read_to_string(shipped("games/bargaining.crisis")).expect("shipped");
    let mut last = (1.0, f64::INFINITY);
    for bound in ["0", "0.5", "1", "2"] {
        let varied = text.replace("bound = 0 .. 1 .. 3", &format!("bound = 0 .. {bound} .. 3"));
        let raised = json(
            here.path(),
            "r.crisis",
            &varied,
            &["room", "--at", "table_price_us=raised_1"],
        );
        let pair = &raised["tables"][0]["pairs"][0];
        let package = list(&raised["tables"][0]["packages"])
            .iter()
            .find(|k| k["accepted_by"] == "us")
            .expect("us accepts")
            .clone();
        let us = &package["surpluses"][0][0];
        let cost: f64 = bound.parse().expect("a number");
        // The audience cost of one step of the speaker's own price.
        assert!((number(&us["price"]) + cost).abs() < 1e-9, "{us}");
        assert!(number(&us["rhetoric"]) > 0.0);
        let surplus = number(&us["surplus"]);
        assert!(surplus < last.1);
        assert!(number(&pair["width"]) <= number(&pair["width_without_price"]) + 1e-12);
        let forecast = json(here.path(), "r.crisis", &varied, &["forecast"]);
        let deal = number(&forecast["classes"]["deal"][3]);
        assert!(deal < last.0, "{deal} {last:?}");
        last = (deal, surplus);
    }
}

/// A line recognised with some clarity, answered for sure; the challenger probes or not.
fn line(clarity: f64, believed: f64, precision: f64) -> String {
    format!(
        r#"scenario "Image"
  round week
  horizon 1 rounds
  foresight full
  order iran, us, events

variable stage
  levels calm, probed, crossed
  start calm

actor iran
  precision {precision}
  payoff per round
    punished: -3 * (stage == crossed)

actor us
  precision 1

move iran.wait

move iran.probe
  gain iran: 1
  outcome {clarity} believed {believed}: stage to crossed
  outcome rest: stage to probed

move us.hold

question probes "Probes": stage > calm within 1 rounds

question crosses "Crosses": stage == crossed within 1 rounds
"#
    )
}

#[test]
fn conduct_and_image_are_swept_apart_and_follow_the_closed_form() {
    let here = directory();
    for clarity in [0.1, 0.3, 0.6, 0.9] {
        let text = line(clarity, clarity, 1.5);
        let found = json(
            here.path(),
            "i.crisis",
            &text,
            &["image", "--actor", "iran"],
        );
        let actor = &found["actors"][0];
        let rate = |precision: f64, believed: f64| {
            1.0 / (1.0 + (-precision * (1.0 - 3.0 * believed)).exp())
        };
        for point in list(&actor["conduct"]["points"]) {
            let expected = rate(1.5 * number(&point["at"]), clarity);
            let shown = number(&point["probability"][0]);
            assert!((shown - expected).abs() < 1e-9, "{shown} {expected}");
        }
        for point in list(&actor["image"]["points"]) {
            let blur = number(&point["at"]);
            let believed = clarity + blur * (0.5 - clarity);
            let shown = number(&point["probability"][0]);
            assert!((shown - rate(1.5, believed)).abs() < 1e-9);
            // The truth stays as it is: what is probed crosses with the true chance.
            let crossed = number(&point["probability"][1]);
            assert!((crossed - clarity * rate(1.5, believed)).abs() < 1e-9);
        }
        // Both signs: a blur makes probing rarer where clarity is low, commoner where it is high.
        let change = number(&actor["image"]["change"][0]);
        assert_eq!(change < 0.0, clarity < 0.5, "{clarity} {change}");
    }
}

#[test]
fn losses_at_sea_and_the_closure_of_the_strait_are_nearly_independent() {
    let here = directory();
    let text = std::fs::read_to_string(shipped("games/strait.crisis")).expect("shipped");
    let mut shut = Vec::new();
    let mut lost = Vec::new();
    // Hughes: losses of the fleet are (shots x craft - defence x ships) / 1, from 0 to all four.
    for (shots, defence) in [("2", "2.5"), ("2", "1.5"), ("2", "0.5"), ("4", "0.5")] {
        let varied = text
            .replace("shots = 0 .. 2 .. 4", &format!("shots = 0 .. {shots} .. 4"))
            .replace(
                "defence = 0 .. 1.5 .. 4",
                &format!("defence = 0 .. {defence} .. 4"),
            );
        let found = json(here.path(), "s.crisis", &varied, &["forecast"]);
        shut.push(number(&found["classes"]["shut"][12]));
        let at = |question: &str| number(&found["questions"][question][12]);
        lost.push((at("fleet_hit") > 0.5, at("fleet_lost") > 0.5));
    }
    // None, two, four and four of four ships.
    assert_eq!(
        lost,
        [(false, false), (true, false), (true, true), (true, true)]
    );
    let spread = shut.iter().fold(0.0f64, |m, s| m.max((s - shut[0]).abs()));
    assert!(spread < 1e-9 && shut[0] > 0.3, "{shut:?}");
    // What does move the closure is the mines.
    let swept = text.replace("swept = 0 .. 0.25 .. 1", "swept = 0 .. 0.75 .. 1");
    let found = json(here.path(), "s.crisis", &swept, &["forecast"]);
    assert!(number(&found["classes"]["shut"][12]) < shut[0] - 0.1);
}

#[test]
fn what_a_scenario_lacks_is_said() {
    let here = directory();
    let text = line(0.5, 0.5, 1.0);
    let file = write(here.path(), "n.crisis", &text);
    let file = file.to_str().expect("UTF-8");
    let done = |arguments: &[&str]| -> Done { run(here.path(), arguments) };
    let none = done(&["force", file]);
    none.exits(2);
    none.says(&["no `ladder`", "name the moves"]);
    done(&["dominance", file]).says(&["no `ladder`"]).exits(2);
    done(&["room", file]).says(&["no talks"]).exits(2);
    done(&["force", file, "iran.prob"])
        .says(&["did you mean `iran.probe`?"])
        .exits(2);
    done(&["image", file, "--actor", "usa"])
        .says(&["nobody called `usa` moves"])
        .exits(2);
    // A move that is named is force, ladder or not.
    done(&["force", file, "iran.probe"])
        .says(&["best without iran.wait", "`--all` prints every term"])
        .exits(0);
    done(&["force", file, "iran.probe", "--all"])
        .says(&["its best alternative is iran.wait", "in all"])
        .exits(0);
    let talks = shipped("games/bargaining.crisis");
    let talks = talks.to_str().expect("UTF-8");
    done(&["room", talks]).says(&["Deadlock", "room"]).exits(0);
}
