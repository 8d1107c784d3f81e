//! The classic models: every number of every static recomputed by other means, the theorem as the
//! limit, and the mechanism taken out.
//!
//! The numbers come from recursions written down once more from the papers' games or, where beliefs
//! move, from the independent solver of the whole tree. None reads what the program computed.

use crate::oracle;

use climbdown_engine::analyse::variation::{Change, Variation};
use climbdown_engine::compile;
use climbdown_engine::solve::{Options, Silent, solve};
use climbdown_engine::textbook::{self, MODELS, Measure, Model, Taught};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use climbdown_report::exchange::json;
use climbdown_report::textbook::{page, picture};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

fn scenario(model: &Model) -> Scenario {
    let checked = climbdown_lang::check(model.text);
    assert!(
        checked.diagnostics.is_empty(),
        "{}: {:?}",
        model.name,
        checked.diagnostics
    );
    checked.scenario.expect("sound")
}

/// What is taught of a model; computed once for all tests.
fn taught(model: &Model) -> &'static Taught {
    static ALL: OnceLock<Vec<Taught>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let teach = |m: &Model| textbook::teach(m, &scenario(m), &Silent).expect("solved");
        MODELS.into_iter().map(teach).collect()
    });
    all.iter().find(|t| t.name == model.name).expect("a model")
}

/// Central values as they stand in the text, with some set.
struct P(HashMap<String, f64>);

impl P {
    fn of(model: &Model, set: &[(&str, f64)]) -> P {
        let lines = model
            .text
            .lines()
            .filter_map(|l| l.strip_prefix("parameter "));
        let mut all: HashMap<String, f64> = lines
            .map(|l| {
                let (name, values) = l.split_once(" = ").expect("a value");
                let values: Vec<&str> = values.split(" .. ").collect();
                let central = values[values.len() / 2].trim().parse().expect("a number");
                (name.to_owned(), central)
            })
            .collect();
        for (name, value) in set {
            assert!(all.insert((*name).to_owned(), *value).is_some(), "{name}");
        }
        P(all)
    }

    fn at(&self, name: &str) -> f64 {
        *self.0.get(name).unwrap_or_else(|| panic!("no {name}"))
    }
}

/// Probability of the first of two choices that is better by so much.
fn logit(precision: f64, better: f64) -> f64 {
    1.0 / (1.0 + (-precision * better).exp())
}

fn softmax(precision: f64, values: &[f64]) -> Vec<f64> {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = values
        .iter()
        .map(|v| (precision * (v - most)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

/// Fearon 1995: A demands d/40 beyond `power`, B's cost is one of 25.
fn fearon_1995(p: &P) -> f64 {
    let (precision, power, own) = (p.at("precision"), p.at("power"), p.at("war_cost"));
    let cost = |k: usize| p.at("widest_cost") * (k as f64 + 0.5) / 25.0;
    // Accepting gives B 1 − power − d, fighting 1 − power − cost.
    let accepts = |k: usize, d: f64| logit(precision, cost(k) - d);
    let demands: Vec<f64> = (0..13).map(|k| f64::from(k) / 40.0).collect();
    let worth = |accepted: f64, d: f64| accepted * (power + d) + (1.0 - accepted) * (power - own);
    let war = |accepted: &[f64]| {
        let values: Vec<f64> = demands
            .iter()
            .zip(accepted)
            .map(|(d, q)| worth(*q, *d))
            .collect();
        let chosen = softmax(precision, &values);
        chosen
            .iter()
            .zip(accepted)
            .map(|(c, q)| c * (1.0 - q))
            .sum::<f64>()
    };
    if p.at("private") == 1.0 {
        let mean = |d: &f64| (0..25).map(|k| accepts(k, *d)).sum::<f64>() / 25.0;
        return war(&demands.iter().map(mean).collect::<Vec<f64>>());
    }
    let known = (0..25).map(|k| war(&demands.iter().map(|d| accepts(k, *d)).collect::<Vec<f64>>()));
    known.sum::<f64>() / 25.0
}

/// Powell 1990, from the last of twelve turns back: values of both, and P(challenger prevails).
fn powell_1990(p: &P) -> f64 {
    let (down, disaster) = (p.at("back_down"), p.at("disaster"));
    let prize = [p.at("challenger_prize"), p.at("defender_prize")];
    // Behind the last turn the defender has prevailed.
    let mut after = ([down, prize[1]], 0.0);
    for turn in (1..=12).rev() {
        let mover = (turn + 1) % 2;
        let risk = p.at("risk_step") * turn as f64;
        let raised = [0, 1].map(|i| risk * disaster + (1.0 - risk) * after.0[i]);
        let mut given_up = prize;
        given_up[mover] = down;
        let raises = logit(p.at("precision"), raised[mover] - down);
        let prevails = if mover == 0 { 0.0 } else { 1.0 };
        after = (
            [0, 1].map(|i| raises * raised[i] + (1.0 - raises) * given_up[i]),
            raises * (1.0 - risk) * after.1 + (1.0 - raises) * prevails,
        );
    }
    after.1
}

/// Powell 2006: tomorrow's division, then today's.
fn powell_2006(p: &P) -> f64 {
    let (precision, cost, future) = (p.at("precision"), p.at("war_cost"), p.at("future"));
    let today = p.at("power");
    let tomorrow = today - p.at("shift") * (1.0 - p.at("committed"));
    // Values of a day to the decliner and the riser, and the chance of war on it, with what a day's
    // share weighs, what war gives each, and what peace gives each besides.
    let day = |weight: f64, war: [f64; 2], peace: [f64; 2]| {
        let shares: Vec<f64> = (0..=10).map(|k| f64::from(k) / 10.0).collect();
        let accepted: Vec<f64> = shares
            .iter()
            .map(|x| logit(precision, weight * x + peace[0] - war[0]))
            .collect();
        let pair = |x: f64, q: f64| {
            [
                q * (weight * x + peace[0]) + (1.0 - q) * war[0],
                q * (weight * (1.0 - x) + peace[1]) + (1.0 - q) * war[1],
            ]
        };
        let pairs: Vec<[f64; 2]> = shares
            .iter()
            .zip(&accepted)
            .map(|(x, q)| pair(*x, *q))
            .collect();
        let offered = softmax(precision, &pairs.iter().map(|v| v[1]).collect::<Vec<f64>>());
        let mean = |i: usize| {
            offered
                .iter()
                .zip(&pairs)
                .map(|(o, v)| o * v[i])
                .sum::<f64>()
        };
        let war = offered
            .iter()
            .zip(&accepted)
            .map(|(o, q)| o * (1.0 - q))
            .sum::<f64>();
        ([mean(0), mean(1)], war)
    };
    let war = |power: f64, weight: f64, total: f64| {
        [
            weight * (power * total - cost),
            weight * ((1.0 - power) * total - cost),
        ]
    };
    let (second, _) = day(future, war(tomorrow, future, 1.0), [0.0; 2]);
    day(1.0, war(today, 1.0, 1.0 + future), second).1
}

/// Zagare and Kilgour 2000: what each type does, then what a challenge is worth.
fn zagare_kilgour_2000(p: &P) -> f64 {
    let precision = p.at("precision");
    let resists = |conflict: f64| logit(precision, conflict - p.at("conceding"));
    let hard = p.at("credibility");
    let resisted =
        hard * resists(p.at("conflict_hard")) + (1.0 - hard) * resists(p.at("conflict_soft"));
    let challenge = resisted * p.at("conflict") + (1.0 - resisted) * p.at("concession");
    logit(precision, p.at("status_quo") - challenge)
}

/// Chassang and Padró i Miquel 2010: one choice against a feared strike.
fn chassang_padro_2010(p: &P) -> f64 {
    let weapons = p.at("weapons");
    let less = |name: &str| p.at(name) - p.at(&format!("{name}_lost")) * weapons;
    let fear = p.at("fear");
    let strike = fear * less("both") + (1.0 - fear) * less("prize");
    let wait = fear * less("caught") + (1.0 - fear) * p.at("peace");
    logit(p.at("precision"), strike - wait)
}

/// Baliga and others 2020: the chance of retaliation that reproduces itself.
fn baliga_2020(p: &P) -> f64 {
    let (precision, accident) = (p.at("precision"), p.at("accident") * p.at("blurred"));
    let attacks = |retaliated: f64, gain: f64| {
        let attack = gain - p.at("punishment") * retaliated;
        let wait = -accident * p.at("punishment") * retaliated;
        logit(precision, attack - wait)
    };
    let hostile = p.at("prior_hostile");
    let again = |retaliated: f64| {
        let seen = |gain: f64| {
            let attack = attacks(retaliated, gain);
            attack + (1.0 - attack) * accident
        };
        let (bad, good) = (
            hostile * seen(p.at("booty")),
            (1.0 - hostile) * seen(-p.at("harm")),
        );
        let belief = bad / (bad + good);
        logit(
            precision,
            p.at("right") * belief - p.at("wrong") * (1.0 - belief),
        )
    };
    // More retaliation means fewer attacks, a lower belief and less retaliation: there is one.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if again(middle) > middle {
            low = middle
        } else {
            high = middle
        }
    }
    attacks(0.5 * (low + high), p.at("booty"))
}

/// Cho and Kreps 1987, by the difference that breakfast makes to the chance of a duel: strong and weak
/// beer, and the chances of a duel after beer and after quiche.
fn breakfasts(p: &P, difference: f64) -> [f64; 4] {
    let precision = p.at("precision");
    let better = |taste: f64| precision * (taste - p.at("peace") * difference);
    let (strong, weak) = (better(p.at("taste")), better(-p.at("taste")));
    // Log-odds of strong after beer (sign 1) and quiche (−1), without underflow.
    let log = |better: f64| -(better.min(0.0).abs() + (-better.abs()).exp().ln_1p());
    let prior = (p.at("prior_strong") / (1.0 - p.at("prior_strong"))).ln();
    let duel = |sign: f64| {
        let odds = prior + log(sign * strong) - log(sign * weak);
        logit(precision, p.at("right") * (1.0 - 2.0 * logit(1.0, odds)))
    };
    [logit(1.0, strong), logit(1.0, weak), duel(1.0), duel(-1.0)]
}

/// All equilibria of it: the differences that reproduce themselves, by a dense scan.
fn breakfast_equilibria(p: &P) -> Vec<[f64; 4]> {
    let excess = |d: f64| {
        let [_, _, beer, quiche] = breakfasts(p, d);
        beer - quiche - d
    };
    let roots = scan(-1.001, 1.001, 4004, excess);
    roots.into_iter().map(|d| breakfasts(p, d)).collect()
}

/// Sign changes of a function among evenly spaced points, bisected.
fn scan(low: f64, high: f64, steps: u32, function: impl Fn(f64) -> f64) -> Vec<f64> {
    let at = |k: u32| low + (high - low) * f64::from(k) / f64::from(steps);
    let mut roots = Vec::new();
    for k in 0..steps {
        let (mut a, mut b) = (at(k), at(k + 1));
        let from = function(a);
        if (from > 0.0) == (function(b) > 0.0) {
            continue;
        }
        for _ in 0..60 {
            let middle = 0.5 * (a + b);
            if (function(middle) > 0.0) == (from > 0.0) {
                a = middle
            } else {
                b = middle
            }
        }
        roots.push(0.5 * (a + b));
    }
    roots
}

/// The one equilibrium's chance that a weak sender drinks beer.
fn cho_kreps_1987(p: &P) -> f64 {
    let found = breakfast_equilibria(p);
    assert_eq!(found.len(), 1, "equilibria: {found:?}");
    found[0][1]
}

/// Probability of an outcome class by the independent solver of the whole tree.
fn on_the_tree(model: &Model, set: &[(&str, f64)], class: &str) -> f64 {
    let scenario = scenario(model);
    let changes = set.iter().map(|(name, value)| {
        let place = scenario.parameters.iter().position(|p| p.name == *name);
        Change::Parameter(ParameterId(place.expect("a parameter") as u32), *value)
    });
    let varied = Variation::new("", changes.collect())
        .apply(&scenario)
        .expect("applies");
    let game = compile::compile(&varied, &compile::Options::default())
        .expect("compiles")
        .game;
    let game: Value = serde_json::from_str(&json::write(&game).expect("writes")).expect("JSON");
    let solved = oracle::solve(&game, 2000).expect("an equilibrium");
    assert!(solved.residual < 1e-9, "{}", solved.residual);
    let point = solved.tree.evaluate(&solved.x, 1.0);
    let reach = solved.tree.reach(&point.probability, &point.belief);
    let classes = game["classes"].as_array().expect("classes").iter();
    let found = classes
        .clone()
        .find(|c| c["name"] == class)
        .expect("the class");
    let states: Vec<usize> = found["states"]
        .as_array()
        .expect("states")
        .iter()
        .filter_map(|s| s.as_u64().map(|s| s as usize))
        .collect();
    let ends = solved.tree.nodes.iter().zip(&reach);
    ends.filter(|(n, _)| matches!(n.content, oracle::tree::Content::Terminal { .. }))
        .filter(|(n, _)| states.contains(&n.state))
        .map(|(_, r)| r)
        .sum()
}

/// What the static reads, computed by other means.
fn independent(model: &Model, set: &[(&str, f64)]) -> f64 {
    let p = P::of(model, set);
    match (model.name, model.shown.measure) {
        ("fearon-1995", _) => fearon_1995(&p),
        ("powell-1990", _) => powell_1990(&p),
        ("powell-2006", _) => powell_2006(&p),
        ("zagare-kilgour-2000", _) => zagare_kilgour_2000(&p),
        ("chassang-padro-2010", _) => chassang_padro_2010(&p),
        ("baliga-2020", _) => baliga_2020(&p),
        ("cho-kreps-1987", _) => cho_kreps_1987(&p),
        (_, Measure::Class(class)) => on_the_tree(model, set, class),
        (name, Measure::Choice { .. }) => panic!("{name} has no recomputation"),
    }
}

#[test]
fn every_number_of_every_static_is_found_by_other_means() {
    println!("largest difference, of how many");
    for model in MODELS {
        let taught = taught(model);
        let precise = *taught.precisions.last().expect("precisions");
        // Where beliefs move, strategies stand between grid points.
        let within = match model.name {
            "kreps-wilson-1982" | "fearon-1997" | "kydd-2005" | "baliga-2020"
            | "cho-kreps-1987" => 2e-6,
            _ => 1e-11,
        };
        let (mut worst, mut count) = (0.0_f64, 0);
        for row in &taught.rows {
            let varied = (model.shown.parameter, row.value);
            let mut compare = |found: f64, set: &[(&str, f64)]| {
                let expected = independent(model, set);
                worst = worst.max((found - expected).abs());
                count += 1;
                assert!(
                    (found - expected).abs() < within,
                    "{}: {found}, not {expected}, at {set:?}",
                    model.name
                );
            };
            for (&precision, &found) in taught.precisions.iter().zip(&row.played) {
                compare(found, &[varied, ("precision", precision)]);
            }
            let lever = (taught.without.0, taught.without.1);
            compare(row.without, &[varied, ("precision", precise), lever]);
        }
        println!("{:22} {worst:8.1e} {count:4}", model.name);
    }
}

#[test]
fn theorems_hold_where_play_is_precise_and_not_without_their_mechanism() {
    // Farthest that the most precise play may stand from the theorem: what a grid of offers, or
    // noise beside a threshold, leaves.
    let near = [0.14, 0.01, 0.01, 0.04, 0.01, 0.01, 0.03, 0.01, 0.05, 0.09];
    for (model, near) in MODELS.into_iter().zip(near) {
        let taught = taught(model);
        let name = model.name;
        assert!(taught.holds_from.is_some(), "{name}: {taught:?}");
        assert!(!taught.holds_without, "{name}: {taught:?}");
        assert!(taught.certified, "{name}");
        let (first, last) = (
            taught.distance[0],
            taught.distance[taught.distance.len() - 1],
        );
        assert!(last < near && last < first, "{name}: {:?}", taught.distance);
    }
}

/// Values known from the closed forms of the papers.
#[test]
fn the_papers_own_numbers() {
    let named = |name: &str| textbook::named(name).expect("a model");
    // Fearon 1995, power .6, costs .1 and U[0, .4]: A demands .75, war has .375.
    let model = named("fearon-1995");
    let theorem = |set: f64| {
        (model.shown.theorem)(&|name| {
            if name == model.shown.parameter {
                set
            } else {
                P::of(model, &[]).at(name)
            }
        })
    };
    assert!((theorem(0.4) - 0.375).abs() < 1e-12);
    let (demand, _) = textbook::at(
        &scenario(model),
        &[("precision", 1000.0), ("widest_cost", 0.4)],
        Measure::Choice {
            actor: "a",
            kind: "a",
            action: "a.demand_6",
        },
        &Silent,
    )
    .expect("solved");
    let others = [5, 7].map(|k| {
        let action: &'static str = ["a.demand_5", "", "a.demand_7"][k - 5];
        let measure = Measure::Choice {
            actor: "a",
            kind: "a",
            action,
        };
        textbook::at(&scenario(model), &[("precision", 1000.0)], measure, &Silent)
            .expect("solved")
            .0
    });
    assert!(
        others.iter().all(|p| *p < demand),
        "{demand} against {others:?}"
    );

    // Kydd 2005, R 1, T .8, P .2, S −.5: Blue cooperates from a trust of 7/9 on, at which it is
    // indifferent whatever its precision; bad faith and greed leave Red no doubt.
    let model = named("kydd-2005");
    for (trust, sign) in [
        (0.7, -1.0),
        (0.76, -1.0),
        (7.0 / 9.0, 0.0),
        (0.79, 1.0),
        (0.85, 1.0),
    ] {
        let set = [("precision", 40.0), ("trust", trust), ("seen", 0.0)];
        let (both, _) =
            textbook::at(&scenario(model), &set, Measure::Class("both"), &Silent).expect("solved");
        let trusted = both / trust - 0.5;
        assert!(
            if sign == 0.0 {
                trusted.abs() < 5e-3
            } else {
                trusted * sign > 0.02
            },
            "trust {trust}: {trusted}"
        );
    }

    // Powell 1990, w 1, b −.3, d −4: a side bears a last step of risk .26 and no more.
    let model = named("powell-1990");
    for (risk, raises) in [(0.2, true), (0.25, true), (0.27, false), (0.4, false)] {
        let mut scenario = scenario(model);
        let step = scenario
            .parameters
            .iter_mut()
            .find(|p| p.name == "risk_step");
        step.expect("declared").central = risk / 12.0;
        let game = compile::compile(&scenario, &compile::Options::default())
            .expect("compiles")
            .game;
        let solution = solve(&game, &Options::default(), &Silent).expect("solved");
        let last = game
            .states
            .iter()
            .position(|s| s.contains("turn=t12") && s.contains("stage=open"));
        let last = last.expect("a last turn") as u32;
        let beliefs = [vec![1.0], vec![1.0]];
        let played = solution
            .strategy(&game, 5, 1, last, &beliefs)
            .expect("a choice");
        assert_eq!(played[0][0] > 0.5, raises, "{risk}: {played:?}");
    }
    let bearable: f64 = (1.0 + 0.3) / (1.0 + 4.0);
    assert!((bearable - 0.26).abs() < 1e-12);
}

/// Beer and quiche: as play gets precise it goes where the intuitive criterion leads, never to quiche
/// for all; the scan finds no other equilibrium of logit play, and the receiver's answers fit too.
#[test]
fn all_drink_beer_where_the_strong_are_likelier() {
    let model = textbook::named("cho-kreps-1987").expect("a model");
    let checked = scenario(model);
    for precision in [1.0, 4.0, 10.0, 20.0, 40.0] {
        for prior in [0.55, 0.7, 0.9, 0.97] {
            let set = [("precision", precision), ("prior_strong", prior)];
            let found = breakfast_equilibria(&P::of(model, &set));
            assert_eq!(found.len(), 1, "{set:?}: {found:?}");
            let [strong, weak, after_beer, after_quiche] = found[0];
            let played = ["strong", "weak"].map(|kind| {
                let measure = Measure::Choice {
                    actor: "sender",
                    kind,
                    action: "sender.beer",
                };
                let (played, certified) =
                    textbook::at(&checked, &set, measure, &Silent).expect("solved");
                assert!(certified, "{set:?}");
                played
            });
            let (duel, _) =
                textbook::at(&checked, &set, Measure::Class("duel"), &Silent).expect("solved");
            let drinks = prior * strong + (1.0 - prior) * weak;
            let expected = drinks * after_beer + (1.0 - drinks) * after_quiche;
            for (found, expected) in [(played[0], strong), (played[1], weak), (duel, expected)] {
                assert!(
                    (found - expected).abs() < 2e-7,
                    "{found}, not {expected}, at {set:?}"
                );
            }
            if precision >= 20.0 {
                // Pooling on beer, and who eats quiche is taken for weak and challenged.
                assert!(strong > 0.999 && weak > 0.98, "{set:?}: {found:?}");
                assert!(
                    after_beer < 0.2 && after_quiche > 0.98,
                    "{set:?}: {found:?}"
                );
            }
        }
    }
}

/// With a gesture that costs both types the same, silence and gesture tell nothing apart: the same
/// class at any cost, which the page says.
#[test]
fn a_gesture_that_costs_all_the_same_reassures_nobody() {
    let model = textbook::named("kydd-2005").expect("a model");
    let both = |gesture: f64, harder: f64| {
        let set = [
            ("gesture", gesture),
            ("harder", harder),
            ("precision", 20.0),
        ];
        textbook::at(&scenario(model), &set, Measure::Class("both"), &Silent)
            .expect("solved")
            .0
    };
    for gesture in [0.2, 0.6, 1.2] {
        assert!(
            (both(gesture, 1.0) - both(0.0, 1.0)).abs() < 1e-9,
            "{gesture}"
        );
    }
    assert!(both(0.4, 2.0) > both(0.0, 2.0) + 0.3);
    // Dearer than trust is worth to the trustworthy, it is not made.
    assert!(both(1.8, 2.0) < 0.05);
}

/// `docs/textbook/` holds what is computed. To bring it up to date:
/// `CLIMBDOWN_UPDATE=1 cargo test -p climbdown-report --test all textbook::`.
#[test]
fn the_pages_are_what_is_computed() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for model in MODELS {
        let taught = taught(model);
        for (place, text) in [
            (format!("textbook/{}.md", model.name), page(taught)),
            (
                format!("images/textbook/{}.svg", model.name),
                picture(taught),
            ),
        ] {
            let path = docs.join(&place);
            if std::env::var_os("CLIMBDOWN_UPDATE").is_some() {
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
                std::fs::write(&path, &text).expect("written");
            }
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                there == text,
                "docs/{place} is out of date; see the head of this test"
            );
        }
    }
}
