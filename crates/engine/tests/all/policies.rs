//! Policies on the same futures: what is paired, counted, ranked, and where they fail.

use crate::study_support;

use climbdown_engine::analyse::conditions::{Condition, explain};
use climbdown_engine::analyse::draws::{Futures, draw, quantile};
use climbdown_engine::analyse::evaluate::{Settings, evaluate_all, measures};
use climbdown_engine::analyse::policies::{
    Comparison, Criterion, Policy, Question, Tried, compare,
};
use climbdown_engine::analyse::variation::{Change, Variation};
use climbdown_engine::compile::{Options, compile};
use climbdown_engine::simulate::philox::philox;
use climbdown_engine::solve::Silent;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use study_support::{CONTEST, hazard, parameter, scenario};

fn policy(name: &str, changes: &[Change]) -> Policy {
    Policy {
        variation: Variation::new(name, changes.to_vec()),
        label: name.into(),
        payments: Vec::new(),
    }
}

fn compared(
    base: &Scenario,
    futures: &Futures,
    policies: &[Policy],
    question: &Question,
) -> Comparison {
    let game = compile(base, &Options::default()).expect("compiles").game;
    let mut all = vec![policy("baseline", &[])];
    all.extend(policies.iter().cloned());
    let tried: Vec<Tried> = all
        .into_iter()
        .map(|policy| {
            let mut list = vec![policy.variation.clone()];
            list.extend(
                futures
                    .list
                    .iter()
                    .map(|f| f.variation.clone().then(&policy.variation)),
            );
            let mut readings =
                evaluate_all(base, &list, &Settings::default(), 2, "policies", &Silent)
                    .expect("runs");
            let central = readings.remove(0);
            Tried {
                policy,
                central,
                futures: readings,
            }
        })
        .collect();
    compare(base, &measures(&game), futures, &[], &tried, question).expect("a baseline")
}

/// War within four weeks at a constant weekly rate.
fn war(rate: f64) -> f64 {
    -libm::expm1(-4.0 * rate)
}

#[test]
fn a_policy_that_changes_nothing_differs_by_exactly_nothing() {
    let base = scenario(CONTEST);
    let futures = draw(&base, &[], 16, 1);
    // The hotline is off already; and it costs nothing while it is off.
    let off = policy(
        "off",
        &[Change::Parameter(parameter(&base, "hotline"), 0.0)],
    );
    let found = compared(&base, &futures, &[off], &Question::default());
    let row = &found.policies[1];
    assert!(row.inert);
    assert_eq!(row.pairs, 16);
    for paired in row
        .measures
        .iter()
        .map(|m| &m.paired)
        .chain(row.payoffs.iter().map(|p| &p.paired))
    {
        let change = paired.change.expect("pairs");
        assert_eq!(
            (change.least, change.most, paired.central),
            (0.0, 0.0, Some(0.0))
        );
        assert_eq!((paired.lower, paired.higher), (0.0, 0.0));
    }
    for ranking in &found.rankings {
        assert_eq!(ranking.central_best.as_deref(), Some("baseline"));
        for score in &ranking.scores {
            assert_eq!((score.best, score.largest_regret), (0.5, 0.0));
        }
    }
    assert!(
        found
            .failing
            .iter()
            .all(|f| f.share == 0.0 && f.conditions.is_empty())
    );
}

#[test]
fn the_hotline_lowers_the_risk_of_unmoved_sides_and_its_payer_pays() {
    // Precision 0: nobody pushes more because accidents have become rarer. With the precisions of
    // the scenario they do, and the risk rises in most futures.
    let text = CONTEST
        .replace("us_precision = 0.4 .. 0.8 .. 1.5", "us_precision = 0")
        .replace("precision 1", "precision 0");
    let base = scenario(&text);
    let futures = draw(&base, &[], 16, 1);
    let hotline = parameter(&base, "hotline");
    let mut last = 0.0;
    for strength in [0.25, 0.5, 1.0] {
        let on = policy("hotline", &[Change::Parameter(hotline, strength)]);
        let found = compared(&base, &futures, &[on], &Question::default());
        let row = &found.policies[1];
        assert!(!row.inert);
        let war = row
            .measures
            .iter()
            .find(|m| m.name == "war_4")
            .expect("asked");
        assert_eq!(war.paired.lower, 1.0, "{strength}");
        let change = war.paired.change.expect("pairs").median;
        assert!(change < last, "{strength}: {change} after {last}");
        last = change;
        let line = |actor: &str| {
            let own = |p: &&climbdown_engine::analyse::policies::PayoffChange| {
                p.actor == actor && p.term.as_deref() == Some("line")
            };
            row.payoffs
                .iter()
                .find(own)
                .map(|p| p.paired.change.expect("pairs"))
        };
        let paid = line("us").expect("the United States has the term");
        // 0.05 a week for at most four weeks.
        assert!(
            paid.most < 0.0 && paid.least > -0.2 * strength - 1e-12,
            "{paid:?}"
        );
        assert!(line("iran").is_none());
    }
}

#[test]
fn regret_is_zero_for_a_dominant_policy_and_in_closed_form_for_the_other() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let futures = draw(&base, &[], 64, 5);
    let calm = policy("calm", &[Change::Parameter(ParameterId(0), 0.05 / 7.0)]);
    let found = compared(&base, &futures, &[calm], &Question::default());
    assert_eq!(found.complete, 64);
    let ranking = &found.rankings[0];
    assert_eq!(
        ranking.criterion,
        Criterion::Less {
            measure: "war".into()
        }
    );
    assert_eq!(ranking.minimax.as_deref(), Some("calm"));
    assert_eq!(ranking.percentile.as_deref(), Some("calm"));
    assert_eq!(ranking.central_best.as_deref(), Some("calm"));
    let (baseline, calm) = (&ranking.scores[0], &ranking.scores[1]);
    assert_eq!(
        (calm.best, calm.mean_regret, calm.largest_regret),
        (1.0, 0.0, 0.0)
    );
    assert_eq!(baseline.best, 0.0);
    let rates = futures
        .list
        .iter()
        .map(|f| 7.0 * quantile(&base.parameters[0], f.position[0]));
    let regrets: Vec<f64> = rates.map(|r| war(r) - war(0.05)).collect();
    let largest = regrets.iter().copied().fold(0.0, f64::max);
    assert!((baseline.largest_regret - largest).abs() < 1e-12);
    let mean = regrets.iter().sum::<f64>() / 64.0;
    assert!((baseline.mean_regret - mean).abs() < 1e-12);
    // Asked for more war, the order turns round.
    let more = Question {
        measure: Some((0, true)),
        bound: None,
    };
    let calm = policy("calm", &[Change::Parameter(ParameterId(0), 0.05 / 7.0)]);
    let turned = compared(&base, &futures, &[calm], &more);
    assert_eq!(turned.rankings[0].central_best.as_deref(), Some("baseline"));
    assert_eq!(turned.rankings[0].scores[1].best, 0.0);
}

#[test]
fn the_condition_under_which_a_policy_fails_is_found() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let futures = draw(&base, &[], 64, 5);
    for tipping in [0.15, 0.2, 0.3] {
        let fixed = policy("fixed", &[Change::Parameter(ParameterId(0), tipping / 7.0)]);
        let found = compared(&base, &futures, &[fixed], &Question::default());
        // The fixed rate is worse exactly where the rate would have been lower.
        let failing = &found.failing[1];
        let [
            Condition::Below {
                parameter,
                value,
                unit,
            },
        ] = &failing.conditions[..]
        else {
            panic!("{failing:?}");
        };
        assert_eq!((parameter.as_str(), unit.as_str()), ("rate", "per week"));
        assert!((value - tipping).abs() < 0.02, "{value} for {tipping}");
        assert_eq!(
            (failing.coverage, failing.density, failing.elsewhere),
            (1.0, 1.0, 0.0)
        );
        assert!(failing.chance < 0.01);
        let baseline = &found.failing[0];
        assert!(matches!(
            &baseline.conditions[..],
            [Condition::Above { .. }]
        ));
        assert!((baseline.share + failing.share - 1.0).abs() < 1e-12);
    }
}

/// Eight parameters with ranges, of which the failures below know some.
fn many() -> (Scenario, Futures) {
    let mut text = hazard("0.1 .. 0.2 .. 0.6");
    for k in 0..8 {
        text += &format!(
            "\nparameter p{k} = 0 .. 1 .. 2\n  \"a number\"\n  source \"made up\"\n  grade C\n"
        );
    }
    let base = scenario(&text);
    let futures = draw(&base, &[], 64, 9);
    (base, futures)
}

#[test]
fn two_conditions_are_found_where_both_are_needed() {
    let (base, futures) = many();
    let complete: Vec<usize> = (0..64).collect();
    let fails: Vec<bool> = futures
        .list
        .iter()
        .map(|f| f.position[3] > 0.4 && f.position[6] < 0.6)
        .collect();
    let found = explain("p", &base, &futures, &[], &complete, &fails);
    assert_eq!(
        (found.coverage, found.density, found.elsewhere),
        (1.0, 1.0, 0.0),
        "{found:?}"
    );
    let mut names: Vec<&str> = found
        .conditions
        .iter()
        .map(|c| match c {
            Condition::Above { parameter, .. } | Condition::Below { parameter, .. } => {
                parameter.as_str()
            }
            Condition::Structure { structure, .. } => structure.as_str(),
        })
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["p2", "p5"]);
}

#[test]
fn failures_that_follow_nothing_are_not_explained() {
    let (base, futures) = many();
    let complete: Vec<usize> = (0..64).collect();
    let mut told = 0;
    for key in 0..20u32 {
        let fails: Vec<bool> = (0..64u32)
            .map(|f| philox([f, key, 0, 0], [3, 3])[0].is_multiple_of(3))
            .collect();
        told += usize::from(
            !explain("p", &base, &futures, &[], &complete, &fails)
                .conditions
                .is_empty(),
        );
    }
    // One in twenty is expected by chance.
    assert!(told <= 3, "{told} of 20");
}

#[test]
fn a_structure_can_be_the_condition() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let structures = [study_support::structure(
        "pace",
        &[("calm", 0.5), ("hot", 0.5)],
    )];
    let futures = draw(&base, &structures, 64, 2);
    let complete: Vec<usize> = (0..64).collect();
    let fails: Vec<bool> = futures
        .list
        .iter()
        .map(|f| f.alternatives[0] == 1)
        .collect();
    let found = explain("p", &base, &futures, &structures, &complete, &fails);
    let hot = Condition::Structure {
        structure: "pace".into(),
        alternative: "hot".into(),
    };
    let calm = Condition::Structure {
        structure: "pace".into(),
        alternative: "calm".into(),
    };
    assert!(found.conditions == [hot] && found.conditions != [calm]);
    assert_eq!((found.coverage, found.density), (1.0, 1.0));
}

#[test]
fn more_is_good_enough_under_a_looser_bound() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let futures = draw(&base, &[], 32, 5);
    let calm = || policy("calm", &[Change::Parameter(ParameterId(0), 0.15 / 7.0)]);
    let mut last = -1.0;
    for bound in [0.0, 0.4, 0.5, 0.6, 1.0] {
        let question = Question {
            measure: None,
            bound: Some(bound),
        };
        let found = compared(&base, &futures, &[calm()], &question);
        let shares = found.satisficing.expect("a headline").shares;
        assert_eq!(shares[1].1, f64::from(u8::from(war(0.15) <= bound)));
        assert!(shares[0].1 >= last);
        last = shares[0].1;
    }
    assert_eq!(last, 1.0);
    let found = compared(&base, &futures, &[calm()], &Question::default());
    // By default the bound is what half of the futures keep as things stand.
    assert_eq!(found.satisficing.expect("a headline").shares[0].1, 0.5);
}

#[test]
fn what_is_not_solved_under_one_policy_leaves_the_ranking_and_is_told() {
    // Doubled rates below zero are refused; a third of the range is.
    let text = hazard("0.1 .. 0.2 .. 0.6").replace("rate rate", "rate rate - bias")
        + "\nparameter bias = 0 per week\n  \"a bias\"\n  source \"made up\"\n  grade C\n";
    let base = scenario(&text);
    let futures = draw(&base, &[], 32, 5);
    let biased = policy(
        "biased",
        &[Change::Parameter(parameter(&base, "bias"), 0.2 / 7.0)],
    );
    let found = compared(&base, &futures, &[biased], &Question::default());
    assert_eq!(found.drawn, 32);
    assert_eq!((found.complete, found.policies[1].pairs), (16, 16));
    assert_eq!(found.policies[1].unsolved.len(), 16);
    assert_eq!(found.policies[0].pairs, 32);
}

/// The contest with declared policies, a structure and a payer.
fn declared() -> Scenario {
    let text = CONTEST.replace(
        "end war",
        "payer europe\n  payoff per week\n    trade: -0.5 * number(rung)\n\nend war",
    ) + r#"
policy line "Hotline"
  hotline = 1
  cost us: 0.4 * stake
  cost europe: 0.25 per week

policy both
  includes line
  misread times 0.5
  cost us: 0.1

structure mood
  alternative as_written weight 75%
  alternative tense otherwise
    misread times 2
"#;
    scenario(&text)
}

#[test]
fn declared_policies_and_structures_are_taken_up() {
    let base = declared();
    let policies = Policy::declared(&base);
    let names: Vec<&str> = policies.iter().map(|p| p.variation.name.as_str()).collect();
    assert_eq!(names, ["line", "both"]);
    let structures = climbdown_engine::analyse::draws::Structure::declared(&base);
    assert_eq!(structures.len(), 1);
    assert_eq!(structures[0].alternatives[1].weight, 0.25);
    let futures = draw(&base, &structures, 16, 1);
    assert_eq!(
        futures
            .list
            .iter()
            .filter(|f| f.alternatives == [1])
            .count(),
        4
    );
    let misread = parameter(&base, "misread").0 as usize;
    let central = policies[1].variation.apply(&base).expect("declared");
    assert_eq!(
        central.parameters[misread].central,
        base.parameters[misread].central * 0.5
    );
    // In a tense future the draw is doubled, and then halved by the policy.
    let tense = futures
        .list
        .iter()
        .find(|f| f.alternatives == [1])
        .expect("drawn");
    let both = tense
        .variation
        .clone()
        .then(&policies[1].variation)
        .apply(&base)
        .expect("declared");
    let k = futures
        .drawn
        .iter()
        .position(|id| id.0 as usize == misread)
        .expect("has a range");
    let drawn = quantile(&base.parameters[misread], tense.position[k]);
    assert_eq!(both.parameters[misread].central, drawn * 2.0 * 0.5);
}

#[test]
fn single_payments_are_the_payers_and_follow_the_drawn_numbers() {
    let base = declared();
    let policies = Policy::declared(&base);
    let game = compile(&base, &Options::default()).expect("compiles").game;
    let stake = parameter(&base, "stake");
    for value in [0.5, 1.0, 2.0] {
        let future = Variation::new("f", vec![Change::Parameter(stake, value)]);
        let mut readings = evaluate_all(
            &base,
            &[future.clone(), future.clone().then(&policies[1].variation)],
            &Settings::default(),
            1,
            "",
            &Silent,
        )
        .expect("runs");
        let mut reading = readings.remove(1).expect("solved");
        let (before, terms) = (reading.values.clone(), reading.payoffs.len());
        let varied = future
            .then(&policies[1].variation)
            .apply(&base)
            .expect("declared");
        policies[1].charge(&varied, &mut reading);
        // Both payments of the United States are one term; nobody else pays at once.
        assert_eq!(reading.payoffs.len(), terms + 1);
        let paid = reading.payoffs.last().expect("a term");
        assert_eq!((paid.actor.as_str(), paid.name.as_str()), ("us", "policy"));
        assert!((paid.value + 0.4 * value + 0.1).abs() < 1e-12, "{paid:?}");
        let us = game
            .actors
            .iter()
            .position(|a| a.name == "us")
            .expect("an actor");
        for (k, (after, before)) in reading.values.iter().zip(before).enumerate() {
            let change = if k == us { paid.value } else { 0.0 };
            assert!((after - before - change).abs() < 1e-12);
        }
    }
}
