//! What red lines lower to, and what their records teach.

use climbdown_lang::check;
use climbdown_lang::check::constant;
use climbdown_lang::scenario::{Change, Scenario};

fn scenario(text: &str) -> Scenario {
    let checked = check(text);
    checked
        .scenario
        .unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

/// A drone line of an actor with two types, and this below it.
fn with_record(below: &str) -> Scenario {
    scenario(&format!(
        "scenario \"x\"\n  as of 2026-05-11\n  round week\n  horizon 4 rounds\n  order iran, us\n\n\
         parameter before = 0.4\n  source \"x\"\n  grade C\n\n\
         actor us\n  precision 1\n  type resolved prior before\n  type bluffing otherwise\n\n\
         actor iran\n  precision 1\n\n\
         move us.hold\n\nmove us.strike\n\nmove iran.wait\n\nmove iran.shoot\n\n\
         red line drones held by us against iran\n  crossed by iran.shoot\n  answered by us.strike\n{below}"
    ))
}

/// Value of a constant expression, following derived quantities.
fn value(s: &Scenario, e: &climbdown_lang::scenario::Expr) -> f64 {
    constant::of(s, e).expect("it is constant")
}

fn prior(s: &Scenario) -> f64 {
    value(s, s.actors[0].types[0].prior.as_ref().expect("a prior"))
}

#[test]
fn without_a_record_the_prior_is_as_stated() {
    assert_eq!(prior(&with_record("")), 0.4);
}

/// The formula of the record, written out apart from the program.
#[test]
fn entries_teach_by_bayes_and_fade() {
    let rates = "  answer rate: 90% if resolved, 25% if bluffing\n  unprovoked rate: 5%\n";
    for half_life in [0.5, 2.0, 5.0, 40.0] {
        let s = with_record(&format!(
            "{rates}  record half-life {half_life} years\n    \
             2024-02-02 \"strikes\": answered, recognised 80%, source \"x\"\n    \
             2019-06-20 \"drone shot down\": silent, recognised 60%, source \"x\"\n"
        ));
        let bayes = |b: f64, r: f64, answered: bool| {
            let p = |e: f64| r * e + (1.0 - r) * 0.05;
            let (x, y) = (p(0.9), p(0.25));
            let (x, y) = if answered { (x, y) } else { (1.0 - x, 1.0 - y) };
            b * x / (b * x + (1.0 - b) * y)
        };
        let fade = |b: f64, days: f64| 0.4 + (b - 0.4) * 2f64.powf(-days / (half_life * 365.25));
        let first = bayes(0.4, 0.6, false);
        assert!(first < 0.4);
        // 20 June 2019 to 2 February 2024: 1,688 days; to 11 May 2026: 829 more.
        let second = bayes(fade(first, 1_688.0), 0.8, true);
        let wanted = fade(second, 829.0);
        assert!((prior(&s) - wanted).abs() < 1e-12, "{} {wanted}", prior(&s));
        // Oldest first, whatever the order of the lines.
        let record = &s.red_lines[0].record;
        assert!(!record[0].answered && record[1].answered);
        assert!((value(&s, &record[0].belief_after[0]) - first).abs() < 1e-12);
        assert!((value(&s, &record[1].belief_after[0]) - second).abs() < 1e-12);
        let sum: f64 = record[1].belief_after.iter().map(|b| value(&s, b)).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}

#[test]
fn if_only_the_resolved_enforce_one_silence_ends_belief() {
    let rates = "  answer rate: 100% if resolved, 0 if bluffing\n";
    let one = |entry: &str| {
        prior(&with_record(&format!(
            "{rates}  record\n    2025-01-01 \"x\": {entry}, source \"x\"\n"
        )))
    };
    assert_eq!(one("silent"), 0.0);
    assert_eq!(one("answered"), 1.0);
    // A crossing that nobody could recognise tells nothing by silence.
    assert!((one("silent, recognised 0") - 0.4).abs() < 1e-12);
}

/// What each entry uses is computed once, however long the record.
#[test]
fn a_long_record_is_read_at_once() {
    let mut text =
        "  answer rate: 60% if resolved, 55% if bluffing\n  record half-life 9 years\n".to_owned();
    for i in 0..120 {
        let (year, month) = (2000 + i / 12, 1 + i % 12);
        text += &format!("    {year}-{month:02}-01 \"event {i}\": silent, source \"x\"\n");
    }
    let found = prior(&with_record(&text));
    assert!(found > 0.0 && found < 0.4, "{found}");
}

/// An inconsistent record lies between a consistent one and none kept.
#[test]
fn inconsistent_enforcement_lowers_belief() {
    let rates = "  answer rate: 90% if resolved, 30% if bluffing\n";
    let after = |answers: &[bool]| {
        let mut text = format!("{rates}  record half-life 10 years\n");
        for (i, a) in answers.iter().enumerate() {
            let word = if *a { "answered" } else { "silent" };
            text += &format!(
                "    202{}-05-01 \"event {i}\": {word}, source \"x\"\n",
                i + 1
            );
        }
        prior(&with_record(&text))
    };
    let kept = after(&[true, true, true, true]);
    let mixed = after(&[true, false, true, false]);
    let silent = after(&[false, false, false, false]);
    assert!(kept > 0.6 && kept > mixed + 0.2 && mixed > silent && silent < 0.1);
    // Recent silence weighs more than old silence.
    assert!(after(&[true, true, true, false]) < after(&[false, true, true, true]));
}

#[test]
fn one_event_counts_once_for_a_holder() {
    let entry = "  answer rate: 90% if resolved, 30% if bluffing\n  record\n    2025-05-01 \"seen by all\": silent, source \"x\"\n";
    let once = with_record(entry);
    let twice = with_record(&format!(
        "{entry}\nred line again held by us against iran\n  crossed by iran.shoot\n  answered by us.strike\n{entry}"
    ));
    assert_eq!(prior(&once), prior(&twice));
    let counted: Vec<bool> = twice
        .red_lines
        .iter()
        .flat_map(|l| l.record.iter().map(|e| e.counted))
        .collect();
    assert_eq!(counted, [true, false]);
}

#[test]
fn a_graver_line_replaces_a_milder_one() {
    let s = with_record(
        "\nred line troops held by us against iran\n  crossed by iran.shoot\n  answered by us.strike within 3 rounds\n  clarity 0.5\n",
    );
    let pending = &s.variables[s.red_lines[0].pending.0 as usize];
    let levels: Vec<&str> = pending.levels.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(levels, ["none", "drones", "troops_1", "troops_2", "troops"]);
    assert_eq!(s.red_lines[0].pending, s.red_lines[1].pending);
    assert_eq!(s.red_lines[1].levels, [2, 3, 4]);
    let shoot = s
        .moves
        .iter()
        .find(|m| m.name == "shoot")
        .expect("it is there");
    // Every outcome flags the certain line; one of two flags the unclear line too.
    assert_eq!(shoot.outcomes.len(), 2);
    let flags = |level| {
        let changes = shoot.outcomes.iter().flat_map(|o| &o.effects);
        changes
            .filter(|e| e.change == Change::AtLeast(level))
            .count()
    };
    assert_eq!((flags(1), flags(4)), (2, 1));
}

/// A reference says what to compare with; it changes nothing by itself.
#[test]
fn a_reference_sets_parameters_and_nothing_else() {
    use climbdown_lang::scenario::{Adjustment, Scale};
    for value in [0.2, 0.6, 0.9] {
        let s = with_record(&format!("  reference\n    before = {value}\n"));
        let [Adjustment::Parameter(id, Scale::Set(set))] = s.red_lines[0].reference[..] else {
            panic!("one change: {:?}", s.red_lines[0].reference);
        };
        assert_eq!(
            (s.parameters[id.0 as usize].name.as_str(), set),
            ("before", value)
        );
        assert_eq!(prior(&s), 0.4);
    }
    for (below, code) in [
        ("  reference\n", "E0116"),
        ("  reference\n    without us.strike\n", "E0104"),
        ("  reference\n    nothing = 3\n", "E0709"),
        (
            "  reference\n    before = 1\n  reference\n    before = 1\n",
            "E0117",
        ),
    ] {
        let text = format!(
            "scenario \"x\"\n  as of 2026-05-11\n  round week\n  horizon 4 rounds\n  order iran, us\n\n\
             parameter before = 0.4\n  source \"x\"\n  grade C\n\n\
             actor us\n  precision 1\n  type resolved prior before\n  type bluffing otherwise\n\n\
             actor iran\n  precision 1\n\n\
             move us.hold\n\nmove us.strike\n\nmove iran.wait\n\nmove iran.shoot\n\n\
             red line drones held by us against iran\n  crossed by iran.shoot\n  answered by us.strike\n{below}"
        );
        let checked = check(&text);
        let codes: Vec<&str> = checked.diagnostics.iter().map(|d| d.code).collect();
        assert!(codes.contains(&code), "{below}: {codes:?}");
    }
}
