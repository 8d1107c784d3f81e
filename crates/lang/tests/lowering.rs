//! What a checked scenario holds: units in days, names as indices, defaults filled in.

use climbdown_lang::check;
use climbdown_lang::check::constant;
use climbdown_lang::scenario::{
    Chance, Change, Expr, ExprKind, Foresight, PhaseOrder, Rule, Scenario,
};

fn scenario() -> Scenario {
    check(include_str!("pass/everything.crisis"))
        .scenario
        .expect("the reference scenario checks")
}

/// Value at the central parameters of an expression without state.
fn value(scenario: &Scenario, expr: &Expr) -> f64 {
    let central: Vec<f64> = scenario.parameters.iter().map(|p| p.central).collect();
    constant::value(expr, &central, &|_| None).expect("it depends on no state")
}

/// Value of an expression in a state, by the definition of the language.
fn value_at(s: &Scenario, expr: &Expr, levels: &[u32], types: &[u32]) -> f64 {
    let of = |e: &Expr| value_at(s, e, levels, types);
    match &expr.kind {
        ExprKind::Number(x) => *x,
        ExprKind::Parameter(id) => s.parameters[id.0 as usize].central,
        ExprKind::Derived(id) => of(&s.derived[id.0 as usize].value),
        ExprKind::Level(v) => f64::from(levels[v.0 as usize]),
        ExprKind::IsType(actor, kind) => f64::from(types[actor.0 as usize] == *kind),
        ExprKind::Belief(..) => 0.5,
        ExprKind::Negate(x) => -of(x),
        ExprKind::Not(x) => f64::from(of(x) == 0.0),
        ExprKind::Binary(op, a, b) => constant::binary(*op, of(a), of(b)),
        ExprKind::If {
            condition,
            then,
            otherwise,
        } => {
            if of(condition) != 0.0 {
                of(then)
            } else {
                of(otherwise)
            }
        }
        ExprKind::ByLevel {
            variable,
            arms,
            values,
        } => of(&values[arms[levels[variable.0 as usize] as usize] as usize]),
        ExprKind::Call(function, arguments) => {
            function.value(&arguments.iter().map(of).collect::<Vec<_>>())
        }
    }
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} is not {b}");
}

#[test]
fn header() {
    let s = scenario();
    assert_eq!(
        (s.round_days, s.round_name.as_str(), s.horizon),
        (7.0, "week", 52)
    );
    assert_eq!(
        (s.foresight, s.afterwards, s.transient, s.window),
        (Foresight::Rounds(8), 13, 3, 26)
    );
    assert!(
        matches!(&s.order[..], [PhaseOrder::Move(a), PhaseOrder::Move(b), PhaseOrder::Events]
        if a[0].0 == 0 && b[0].0 == 1)
    );
}

#[test]
fn times_are_in_days() {
    let s = scenario();
    let rate = s
        .parameters
        .iter()
        .find(|p| p.name == "militia_rate")
        .expect("it is declared");
    near(rate.central, 31.0 / 365.25);
    near(rate.high * rate.scale, 80.0);
    assert_eq!(rate.unit, "per year");
    near(s.actors[0].payoff[0].per_days, 7.0);
    near(s.actors[1].payoff[0].per_days, 365.25 / 12.0);
    near(s.actors[0].afterwards[0].per_days, 0.0);
}

#[test]
fn discounts_are_shares_of_a_time() {
    let s = scenario();
    // As a parameter per year, and as a literal.
    near(value(&s, &s.actors[0].discount), 0.3);
    near(s.actors[0].discount_days, 365.25);
    near(value(&s, &s.actors[1].discount), 0.35);
    let text = "scenario \"x\"\n  horizon 1 rounds\n  round week\n  order a\nparameter d = 0.2\nactor a\n  precision 1\n  discount d per month\nmove a.m\n";
    let other = check(text).scenario.expect("it checks");
    near(value(&other, &other.actors[0].discount), 0.2);
    near(other.actors[0].discount_days, 365.25 / 12.0);
}

#[test]
fn chances_carry_their_factors() {
    let s = scenario();
    let chance = |c: &Chance| match c {
        Chance::Rate(e) | Chance::Probability(e) => e.clone(),
    };
    let overreach = &s.triggers[0];
    near(value(&s, &chance(&overreach.chance)), 0.1 * 31.0 / 365.25);
    near(
        value(
            &s,
            &chance(
                overreach
                    .believed
                    .as_ref()
                    .expect("it is believed otherwise"),
            ),
        ),
        0.05 * 31.0 / 365.25,
    );
    // Its outcomes are those of the move that it looks like.
    let harass = overreach.looks_like.expect("it looks like a move").0 as usize;
    assert_eq!(s.moves[harass].name, "harass");
    assert_eq!(overreach.outcomes.len(), s.moves[harass].outcomes.len());
    let mediator = &s.triggers[2];
    near(value(&s, &chance(&mediator.chance)), 12.0 / 365.25);
    near(
        value(
            &s,
            &chance(
                mediator
                    .believed
                    .as_ref()
                    .expect("it is believed otherwise"),
            ),
        ),
        6.0 / 365.25,
    );
    assert!(matches!(
        s.triggers[1].believed,
        Some(Chance::Probability(_))
    ));
}

#[test]
fn expressions_mean_what_they_say() {
    let s = scenario();
    let derived = |name: &str, levels: &[u32]| {
        let d = s
            .derived
            .iter()
            .find(|d| d.name == name)
            .expect("it is declared");
        value_at(&s, &d.value, levels, &[0, 0])
    };
    // rung, strait, offer, flag
    near(derived("lost", &[0, 1, 0, 0]), 2.0);
    near(
        derived("price_rise", &[0, 2, 0, 0]),
        (1.0_f64 - 8.0 / 104.5).powf(-1.0 / 0.16) - 1.0,
    );
    near(derived("heat", &[1, 2, 0, 0]), 0.0);
    near(derived("heat", &[2, 0, 0, 0]), 0.25);
    near(derived("heat", &[3, 2, 0, 0]), 1.0);
    near(derived("heat", &[3, 1, 0, 0]), 0.5);
    near(derived("quiet", &[1, 0, 0, 0]), 1.0);
    near(derived("quiet", &[1, 1, 0, 0]), 0.0);
    let us = &s.actors[0];
    near(
        value_at(&s, &us.payoff[1].value, &[2, 0, 0, 0], &[0, 0]),
        -0.25,
    );
    near(
        value_at(&s, &us.payoff[2].value, &[2, 0, 0, 0], &[0, 0]),
        0.075,
    );
    near(
        value_at(&s, &us.payoff[2].value, &[2, 0, 0, 0], &[1, 0]),
        0.0,
    );
    assert!(us.payoff[1].transient && !us.payoff[0].transient);
    near(
        value_at(&s, &us.afterwards[0].value, &[0, 0, 0, 0], &[0, 0]),
        0.15,
    );
    let opportunity = us.opportunity.as_ref().expect("it has one");
    near(value_at(&s, opportunity, &[0, 0, 0, 0], &[0, 0]), 0.8);
    near(value_at(&s, opportunity, &[0, 0, 0, 1], &[0, 0]), 1.0);
}

#[test]
fn operators_bind_as_documented() {
    let at = |expression: &str| {
        let text = format!("derived d = {expression}\n");
        let whole = format!(
            "scenario \"x\"\n  horizon 1 rounds\n  order a\nactor a\n  precision 1\n  payoff per round\n    d: d\nmove a.m\n{text}"
        );
        let checked = check(&whole);
        let s = checked
            .scenario
            .unwrap_or_else(|| panic!("{expression}: {:?}", checked.diagnostics));
        value(&s, &s.derived[0].value)
    };
    near(at("-2 ^ 2"), -4.0);
    near(at("2 ^ 3 ^ 2"), 512.0);
    near(at("2 ^ -1"), 0.5);
    near(at("-2 * 3 + 4 / 2 - 1"), -5.0);
    near(at("8 / 4 / 2"), 1.0);
    near(at("10 - 3 - 2"), 5.0);
    near(at("1 < 2 and not 2 < 1 or 1 == 2"), 1.0);
    near(at("not 1 == 1 or 1 == 1"), 1.0);
    near(at("not (1 == 1 or 1 == 1)"), 0.0);
    near(at("3 if 1 > 2 else 4 if 1 > 3 else 5"), 5.0);
    near(at("(3 if 1 > 2, 4 if 1 < 3, 5 otherwise)"), 4.0);
    near(at("2 * (1 < 2) + 1"), 3.0);
    near(at("max(1, 2, 3) - min(4, 5)"), -1.0);
    near(at("1_000 * 50%"), 500.0);
}

#[test]
fn moves_and_results() {
    let s = scenario();
    let find = |name: &str| {
        s.moves
            .iter()
            .find(|m| m.name == name)
            .expect("it is declared")
    };
    let strike = find("strike");
    assert_eq!(
        (strike.kind.as_deref(), strike.seen_as.as_str()),
        (Some("force"), "us.strike")
    );
    assert_eq!(find("raid").seen_as, "us.strike");
    assert_eq!(strike.outcomes[1].seen_as.as_deref(), Some("us.hold"));
    assert!(strike.outcomes[2].probability.is_none());
    // A cost is a negative gain, by type.
    near(
        value_at(&s, &strike.payments[0].value, &[0, 0, 0, 0], &[1, 0]),
        -3.0,
    );
    near(
        value_at(&s, &strike.payments[1].value, &[0, 0, 0, 0], &[0, 0]),
        -1.0,
    );
    let changes: Vec<Change> = strike
        .outcomes
        .iter()
        .flat_map(|o| &o.effects)
        .map(|e| e.change)
        .collect();
    assert_eq!(
        changes,
        [
            Change::Step(1),
            Change::Step(-1),
            Change::Step(2),
            Change::AtLeast(3)
        ]
    );
    // Without outcomes: one, without effects.
    let wait = find("wait");
    assert_eq!(wait.outcomes.len(), 1);
    assert!(wait.outcomes[0].effects.is_empty());
    near(
        value(
            &s,
            wait.outcomes[0]
                .probability
                .as_ref()
                .expect("it is certain"),
        ),
        1.0,
    );
    assert_eq!(
        s.actors[0]
            .default
            .map(|m| s.moves[m.0 as usize].name.as_str()),
        Some("hold")
    );
    assert!(matches!(s.classes[0].rule, Rule::Ever(_)));
    assert!(matches!(s.classes[1].rule, Rule::AtEnd(_)));
    assert!(matches!(s.classes[2].rule, Rule::Otherwise));
    // A question takes the condition of its class, and the window of the classes.
    near(
        value_at(&s, &s.questions[0].when, &[4, 0, 0, 0], &[0, 0]),
        1.0,
    );
    near(
        value_at(&s, &s.questions[0].when, &[3, 0, 0, 0], &[0, 0]),
        0.0,
    );
    let within: Vec<u32> = s.questions.iter().map(|q| q.within).collect();
    assert_eq!(within, [26, 13, 52]);
    assert_eq!(s.variables[3].cleared_by[0].0, 0);
}

#[test]
fn derived_quantities_are_sorted() {
    let text = "scenario \"x\"\n  horizon 1 rounds\n  order a\nderived c = b + 1\nderived b = a_ + 1\nderived a_ = 1\nactor a\n  precision 1\n  payoff per round\n    c: c\nmove a.m\n";
    let s = check(text).scenario.expect("it checks");
    let names: Vec<&str> = s.derived.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["a_", "b", "c"]);
    near(value_at(&s, &s.actors[0].payoff[0].value, &[], &[0]), 3.0);
}
