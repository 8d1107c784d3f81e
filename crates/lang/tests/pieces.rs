//! Small pieces of the language that stand by themselves.

use climbdown_lang::blocks::blocks;
use climbdown_lang::check::units::Units;
use climbdown_lang::constructs::words::Words;
use climbdown_lang::format;
use climbdown_lang::library::Function as F;
use climbdown_lang::source::Lines;
use climbdown_lang::suggest::did_you_mean;

#[test]
fn positions_count_lines_and_characters() {
    let lines = Lines::new("one\r\nzwei ü\n");
    assert_eq!(lines.position(0), (1, 1));
    assert_eq!(lines.position(5), (2, 1));
    assert_eq!(lines.position(12), (2, 7));
    assert_eq!(lines.position(999), (3, 1));
    assert_eq!(lines.range(0), (0, 3));
    assert_eq!(lines.range(7), (13, 13));
}

#[test]
fn words_stay_while_others_come() {
    let words = Words::default();
    let kept: Vec<&str> = (0..1_000).map(|i| words.keep(format!("w{i}"))).collect();
    for (i, word) in kept.iter().enumerate() {
        assert_eq!(*word, format!("w{i}"));
    }
}

fn formatted(text: &str) -> String {
    format(text).expect("it can be read")
}

#[test]
fn spaces_and_indentation_are_canonical() {
    let text = "actor   us\n    payoff per week\n          oil:-2*(strait==shut)+max( 1,2 )   # why\n          x:1- -y, transient\n";
    let wanted = "actor us\n  payoff per week\n    oil: -2 * (strait == shut) + max(1, 2)  # why\n    x: 1 - -y, transient\n";
    assert_eq!(formatted(text), wanted);
    assert_eq!(formatted(wanted), wanted);
}

#[test]
fn units_stay_whole() {
    let text = "parameter p=3..4..5 mb/day\nderived d=5 mb/day*x/y\nderived e = 5 mb / x\n";
    let wanted =
        "parameter p = 3 .. 4 .. 5 mb/day\nderived d = 5 mb/day*x/y\nderived e = 5 mb / x\n";
    assert_eq!(formatted(text), wanted);
}

#[test]
fn comments_and_groups_stay() {
    let text = "\n\n# first\n\n\n\nvariable a # behind\n     # about levels\n     levels x,y\n     start x # too\n  # at the end\n# about b\nvariable b\n  levels x, y\n  start x\n\n\n";
    let wanted = "# first\n\nvariable a  # behind\n  # about levels\n  levels x, y\n  start x   # too\n  # at the end\n# about b\nvariable b\n  levels x, y\n  start x\n";
    assert_eq!(formatted(text), wanted);
    assert_eq!(formatted(wanted), wanted);
}

#[test]
fn continuations_hang() {
    let text = "derived d =\n  1 +\n     2\nactor us\n  precision 1 +\n   2\n  payoff per week\n    x: 1\n      - y\n";
    let wanted = "derived d =\n    1 +\n    2\nactor us\n  precision 1 +\n      2\n  payoff per week\n    x: 1\n        - y\n";
    assert_eq!(formatted(text), wanted);
    assert_eq!(formatted(wanted), wanted);
}

#[test]
fn blocks_below_properties_are_lines_of_their_own() {
    let text = "red line a held by b against c\n   record half - life 5 years\n      2019-06-20 \"x\":silent\n   reference\n      x times 2\ntalks t between a and b\n  package p\n     value a:1\n";
    let wanted = "red line a held by b against c\n  record half-life 5 years\n    2019-06-20 \"x\": silent\n  reference\n    x times 2\ntalks t between a and b\n  package p\n    value a: 1\n";
    assert_eq!(formatted(text), wanted);
    assert_eq!(formatted(wanted), wanted);
}

#[test]
fn what_cannot_be_read_is_not_formatted() {
    let found = format("variable a\n\tlevels x").expect_err("it has a tab");
    assert_eq!(found[0].code, "E0003");
}

#[test]
fn blocks_have_names_and_cover_the_text() {
    let text = "# top\nscenario \"t\"\n  horizon 3 rounds\n\n# on the strait\nvariable strait\n  levels a,\n    b\n  start a\n\nmove us.go \"Go\"\n  cost us: 1\n  outcome 50%: strait up\n  outcome rest: nothing\nred line x held by us\n# end\n";
    let split = blocks(text);
    let names: Vec<String> = split
        .blocks
        .iter()
        .filter_map(|b| b.key.as_ref())
        .map(|k| format!("{}:{}", k.set, k.name))
        .collect();
    assert_eq!(
        names,
        ["scenario:", "name:strait", "move:us.go", "red line:x"]
    );
    let mut covered = String::new();
    for block in &split.blocks {
        covered += &text[block.lead.clone()];
        covered += &text[block.body()];
    }
    covered += &text[split.tail.clone()];
    assert_eq!(covered, text);
    let keys: Vec<&str> = split.blocks[2]
        .properties
        .iter()
        .map(|p| p.key.as_str())
        .collect();
    assert_eq!(keys, ["cost us", "outcome", "outcome"]);
    assert_eq!(
        &text[split.blocks[1].properties[0].text.clone()],
        "  levels a,\n    b\n"
    );
}

fn near(value: f64, wanted: f64, within: f64) {
    assert!(
        (value - wanted).abs() <= within,
        "{value} is not within {within} of {wanted}"
    );
}

#[test]
fn names_are_unique_and_found() {
    for f in F::ALL {
        assert_eq!(F::named(f.signature().name), Some(f));
    }
    assert_eq!(F::named("oil_price"), None);
}

#[test]
fn oil_prices_of_the_reference() {
    // Base 71 USD/bbl, sum of elasticities 0.16, world supply 104.5 mb/d.
    near(
        71.0 * F::OilPriceRatio.value(&[4.0 / 104.5, 0.16]),
        91.0,
        0.5,
    );
    near(
        71.0 * F::OilPriceRatio.value(&[8.0 / 104.5, 0.16]),
        117.0,
        0.5,
    );
    near(F::OilPriceRatio.value(&[0.0, 0.16]), 1.0, 0.0);
}

#[test]
fn stock_is_limited_by_flow_and_by_mass() {
    near(F::StockRelease.value(&[400.0, 4.4, 30.0]), 4.4, 0.0);
    near(F::StockRelease.value(&[400.0, 4.4, 200.0]), 2.0, 1e-15);
}

#[test]
fn separative_work_for_25_kg_of_u235() {
    // 25 kg of uranium at 90 %; tails 20 % from 60 % feed.
    near(F::Swu.value(&[25.0, 0.9, 0.6, 0.2]), 56.0, 0.5);
    // 43.8 kg of feed: (0.9 - 0.2) / (0.6 - 0.2) x 25.
    near(25.0 * (0.9 - 0.2) / (0.6 - 0.2), 43.75, 1e-12);
    // The reference names no tails for the other feeds; these reproduce it: 5 % from 20 % feed,
    // natural uranium from 5 % and 3.67 %, 0.3 % from natural uranium.
    near(F::Swu.value(&[25.0, 0.9, 0.2, 0.05]), 235.0, 0.5);
    near(F::Swu.value(&[25.0, 0.9, 0.05, 0.00711]), 1080.0, 5.0);
    near(F::Swu.value(&[25.0, 0.9, 0.0367, 0.00711]), 1310.0, 5.0);
    near(F::Swu.value(&[25.0, 0.9, 0.00711, 0.003]), 4820.0, 5.0);
    // No enrichment, no work.
    near(F::Swu.value(&[25.0, 0.6, 0.6, 0.2]), 0.0, 1e-12);
}

#[test]
fn breakout_uses_the_stock_first() {
    let rate = 10.0;
    near(
        F::BreakoutTime.value(&[440.0, 0.6, 25.0, 0.9, 0.2, rate]),
        F::Swu.value(&[25.0, 0.9, 0.6, 0.2]) / rate,
        1e-12,
    );
    near(
        F::BreakoutTime.value(&[0.0, 0.6, 25.0, 0.9, 0.2, rate]),
        F::Swu.value(&[25.0, 0.9, 0.00711, 0.003]) / rate,
        1e-9,
    );
    let half = F::BreakoutTime.value(&[21.875, 0.6, 25.0, 0.9, 0.2, rate]);
    let mean =
        0.5 * (F::Swu.value(&[25.0, 0.9, 0.6, 0.2]) + F::Swu.value(&[25.0, 0.9, 0.00711, 0.003]));
    near(half, mean / rate, 1e-9);
}

#[test]
fn salvo_of_the_reference() {
    near(F::Salvo.value(&[6.0, 4.0, 10.0, 1.0, 1.0]), 10.0, 0.0);
    near(F::Salvo.value(&[10.0, 2.0, 6.0, 2.0, 2.0]), 4.0, 0.0);
    near(F::Salvo.value(&[1.0, 1.0, 6.0, 2.0, 2.0]), 0.0, 0.0);
}

#[test]
fn chances() {
    near(F::AtLeastOne.value(&[0.1, 2.0]), 0.19, 1e-15);
    near(F::AtLeastOne.value(&[1e-12, 3.0]), 3e-12, 1e-23);
    near(F::AtLeastOne.value(&[0.3, 0.0]), 0.0, 0.0);
    near(
        F::RateToProbability.value(&[31.0 / 365.25, 7.0]),
        0.447_948_323_813_933,
        1e-13,
    );
    near(F::WarRiskPremium.value(&[0.005, 0.5, 0.4]), 0.0035, 1e-15);
}

#[test]
fn arithmetic() {
    near(F::Min.value(&[3.0, 1.0, 2.0]), 1.0, 0.0);
    near(F::Max.value(&[3.0, 1.0, 2.0]), 3.0, 0.0);
    near(F::Abs.value(&[-2.5]), 2.5, 0.0);
    near(F::Ln.value(&[F::Exp.value(&[1.25])]), 1.25, 1e-15);
    near(F::Sqrt.value(&[2.25]), 1.5, 0.0);
    assert!(F::Sqrt.value(&[]).is_nan());
}

#[test]
fn finds_slips_and_only_slips() {
    assert_eq!(
        did_you_mean("harrassed", ["open", "harassed", "shut"]),
        Some("harassed")
    );
    assert_eq!(
        did_you_mean("vraiable", ["variable", "move"]),
        Some("variable")
    );
    assert_eq!(did_you_mean("banana", ["open", "harassed", "shut"]), None);
    assert_eq!(did_you_mean("", ["open"]), None);
}

#[test]
fn units_combine_and_cancel() {
    let flow = Units::word("mb").times(&Units::time(1), -1);
    assert_eq!(flow.describe(), "`mb/time`");
    assert_eq!(flow.times(&Units::time(1), 1), Units::word("mb"));
    assert!(flow.times(&flow, -1).is_plain());
    assert_eq!(flow.times(&flow, 1).root(), Some(flow.clone()));
    assert_eq!(flow.root(), None);
}
