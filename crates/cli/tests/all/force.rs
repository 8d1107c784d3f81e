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

/// A ladder of four rungs on which `a` always steps up, `b` always backs down, and `front` is added.
fn climbed(front: &str) -> String {
    ladder([1.0, 1.0], &[5.0, 0.2, 5.0, 0.5], [2.0, 6.0]) + "\n" + front
}

/// Probability by rung that `a` dominates `b`, with its ceilings and without.
fn dominated(found: &Value) -> (Vec<f64>, Vec<f64>) {
    let pairs = list(&found["pairs"]);
    let pair = pairs.iter().find(|p| p["side"] == "a").expect("a side");
    let read = |key: &str| {
        let all = list(&pair[key]).iter();
        all.filter_map(Value::as_f64).collect()
    };
    (read("probability"), read("without_ceilings"))
}

#[test]
fn a_ceiling_takes_the_rungs_from_which_more_can_be_lit() {
    let here = directory();
    let rungs = ["r0", "r1", "r2", "r3"];
    // One front, which a step up from one rung alone may light, with the chance given.
    for (lights, chance) in [("r0", 0.4), ("r2", 0.4), ("r2", 0.001), ("r2", 0.0)] {
        for (ceiling, most) in [("quiet", 0), ("lit", 1)] {
            let front = format!(
                "front far\n  ignites ({chance} if rung == {lights} else 0) after a.up\n  ceiling a: {ceiling}\n"
            );
            let text = climbed(&front);
            let found = json(here.path(), "c.crisis", &text, &["dominance"]);
            let (with, without) = dominated(&found);
            assert_eq!(without, [1.0; 4]);
            let at = rungs.iter().position(|r| *r == lights).expect("a rung");
            let lost = |rung: usize| most == 0 && chance > 0.0 && rung <= at;
            let expected: Vec<f64> = (0..4).map(|r| f64::from(u8::from(!lost(r)))).collect();
            assert_eq!(with, expected, "{text}\n{found:#}");
            let exceeded = list(&found["ceilings"][0]["exceeded"]);
            let from: Vec<u64> = (0..4).filter(|r| lost(*r as usize)).collect();
            // It burns on every rung above, and in war.
            let on: Vec<usize> = if from.is_empty() {
                vec![]
            } else {
                (at + 1..5).collect()
            };
            let shown: Vec<Value> = exceeded.iter().map(|e| e["rung"].clone()).collect();
            assert_eq!(Value::from(shown), serde_json::json!(on));
            for beyond in exceeded {
                assert_eq!(beyond["level"], "lit");
                assert_eq!(beyond["from"], serde_json::json!(from));
            }
            // On `r1` it is lit as often as the step up from `r0` lights it.
            if lights == "r0" && most == 0 {
                let share = number(&exceeded[0]["probability"]);
                assert!((share - chance).abs() < 0.06, "{share}");
                assert!(exceeded[1]["probability"].is_null(), "`b` backs down");
            }
        }
    }
}

#[test]
fn a_ceiling_counts_how_many_fronts_can_be_lit_and_changes_nothing_else() {
    let here = directory();
    // Each step of `a` may light one more.
    let text = |ceilings: &str| {
        let front = format!("front friends of 3\n  start quiet\n{ceilings}");
        climbed(&front).replace(
            "move a.up\n  when rung == r0 or rung == r2\n  outcome: rung up\n",
            "move a.up\n  when rung == r0 or rung == r2\n  outcome 40%: rung up; friends up\n  outcome rest: rung up\n",
        )
    };
    let json = |text: &str, command: &str| json(here.path(), "c.crisis", text, &[command]);
    let plain = text("");
    assert!(plain.contains("friends up"));
    let (free, none) = dominated(&json(&plain, "dominance"));
    assert_eq!(free, [1.0; 4]);
    assert!(none.is_empty());
    let forecast = json(&plain, "forecast");
    for (most, level) in ["quiet", "lit_1", "lit_2", "lit_3"].into_iter().enumerate() {
        let text = text(&format!("  ceiling a: {level}\n"));
        let found = json(&text, "dominance");
        let (with, without) = dominated(&found);
        assert_eq!(without, free);
        for (rung, shown) in with.iter().enumerate() {
            // As many as `a` has steps to make from here on.
            let steps = (rung..4).filter(|r| r % 2 == 0).count();
            assert_eq!(*shown, f64::from(u8::from(steps <= most)), "{level} {rung}");
        }
        assert_eq!(json(&text, "forecast"), forecast);
    }
    // What the other would bear takes nothing from `a`.
    let others = json(&text("  ceiling b: quiet\n"), "dominance");
    assert_eq!(dominated(&others), (free, Vec::new()));
    assert_eq!(others["ceilings"][0]["side"], "b");
    // On the screen and in the report.
    let both = text("  ceiling a: lit_1\n  ceiling b: lit_3\n");
    let file = write(here.path(), "s.crisis", &both);
    let file = file.to_str().expect("UTF-8");
    let shown = run(here.path(), &["dominance", file]);
    shown.says(&["Ceilings", "0.0 %, 100.0 % but for a ceiling"]);
    shown.exits(0);
    let asked = both + "\nquestion war: rung == war within 4 rounds\n";
    write(here.path(), "s.crisis", &asked);
    run(here.path(), &["run", file, "--out", "o"]).exits(0);
    let out = |name: &str| std::fs::read_to_string(here.path().join("o").join(name));
    let page = out("report.html").expect("written");
    for said in ["Fronts beyond what a side would bear", "but for a ceiling"] {
        assert!(page.contains(said), "{said}");
    }
    let analyses = out("analyses.json").expect("written");
    assert!(analyses.contains("\"without_ceilings\""), "{analyses}");
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

/// With tastes the crisis without talks keeps the choice between its moves, and is worth more by that:
/// what the last choice is worth is the logarithm of a sum, and the surplus the log-odds of accepting.
#[test]
fn with_tastes_the_surplus_is_the_log_odds_of_accepting() {
    let here = directory();
    for precision in [0.4_f64, 1.0, 3.0] {
        for (x, validation, cost) in [(0.2, 0.0, 0.3_f64), (0.5, 0.3, 0.0), (0.9, 0.1, 1.0)] {
            let text = bargaining(x, 0.5, [0.1, 0.2], validation)
                .replace("precision 1", &format!("precision {precision}"))
                .replace("  order", "  noise taste\n  order")
                + &format!("\nmove iran.sulk\n  cost iran: {cost}\n");
            let found = json(here.path(), "t.crisis", &text, &["room"]);
            let package = list(&found["tables"][0]["packages"])
                .iter()
                .find(|k| k["accepted_by"] == "iran")
                .expect("iran accepts");
            let iran = &package["surpluses"][1][0];
            let sum: f64 = [0.0, cost].iter().map(|c| (-precision * c).exp()).sum();
            let war = 1.0 - 0.5 - 0.2;
            let expected = 1.0 - x - validation - (war + sum.ln() / precision);
            let surplus = number(&iran["surplus"]);
            assert!((surplus - expected).abs() < 1e-9, "{iran}");
            // Iran is offered the package at the start; rejecting it and offering another are the only
            // moves beside those of the crisis without talks.
            let play = json(here.path(), "t.crisis", &text, &["strategy"]);
            let chance = |mv: &str| number(&play["actors"]["iran"]["iran"][format!("iran.{mv}")]);
            let odds = chance("accept_share") / (chance("hold") + chance("sulk"));
            assert!((odds.ln() / precision - surplus).abs() < 1e-9, "{play}");
            let tastes = list(&iran["terms"]).iter().find(|t| t["name"] == "tastes");
            let tastes = tastes.expect("an account");
            assert!(number(&tastes["difference"]) < 0.0 && tastes["opens_at"].is_null());
            let us = number(&package["surpluses"][0][0]["surplus"]);
            assert!((us - (x - (0.5 - 0.1))).abs() < 1e-9);
        }
    }
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
