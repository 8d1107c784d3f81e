//! `price`, through the binary.

use crate::support;

use serde_json::Value;
use support::{directory, run, small, write};

/// The small crisis with a price that war and clashes raise.
fn priced(rise: f64) -> String {
    let price = format!(
        "parameter calm_price = 60 .. 70 .. 90 USD/bbl\n  \"price in calm\"\n  source \"test\"\n  \
         grade C\n\nderived rise = by rung (calm: 0, clash: 0.1, war: {rise})\n\
         derived oil = calm_price * (1 + rise)\n\nactor us "
    );
    support::SMALL.replacen("actor us ", &price, 1)
}

fn found(text: &str, arguments: &[&str]) -> Value {
    let d = directory();
    write(d.path(), "oil.crisis", text);
    let all: Vec<&str> = ["price", "oil.crisis", "--json", "--trajectories", "2000"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    run(d.path(), &all).json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn last(value: &Value) -> f64 {
    number(value.as_array().and_then(|a| a.last()).expect("a series"))
}

#[test]
fn a_threshold_that_only_war_reaches_has_the_probability_of_war() {
    for rise in [0.4, 1.0, 3.0] {
        let at = format!("{}", 70.0 * (1.0 + rise) - 1.0);
        let asked = ["--quantity", "oil", "--draws", "1", "--threshold", &at];
        let prices = found(&priced(rise), &asked);
        let d = directory();
        write(d.path(), "oil.crisis", &priced(rise));
        let forecast = run(d.path(), &["forecast", "oil.crisis", "--json"]).json();
        let war = number(&forecast["classes"]["war"][6]);
        let threshold = &prices["quantities"][0]["thresholds"][0];
        let reached = number(&threshold["reached"][6]);
        assert!((reached - war).abs() < 1e-9, "{reached} {war}");
        // War is an end, so whoever was there is there still.
        assert!((last(&threshold["above"]) - last(&threshold["reached"])).abs() < 1e-12);
        // The cover on the question and that on the class cost the same where nothing is discounted.
        let cover = |name: &str| {
            let covers = prices["covers"].as_array().expect("covers");
            let own = covers.iter().find(|c| c["name"] == name);
            number(&own.expect("a cover")["premium"])
        };
        assert!((cover("war") - war).abs() < 1e-9 && (cover("war_6") - war).abs() < 1e-9);
    }
}

#[test]
fn ranges_widen_the_fan_and_premiums_imply_probabilities() {
    let wide = found(&priced(1.0), &["--premium", "5%", "--rate", "10%"]);
    let narrow = found(&priced(1.0), &["--draws", "1"]);
    let fan = |v: &Value, q: usize| number(&v["quantities"][0]["fan"][0][q]);
    assert!(fan(&wide, 0) < 66.0 && fan(&wide, 4) > 80.0);
    assert_eq!((fan(&narrow, 0), fan(&narrow, 4)), (70.0, 70.0));
    for cover in wide["covers"].as_array().expect("covers") {
        let (p, premium) = (number(&cover["probability"]), number(&cover["premium"]));
        assert!(premium < p && premium > 0.97 * p);
        assert!((number(&cover["implied"]) - 0.05 * p / premium).abs() < 1e-12);
    }
}

#[test]
fn the_screen_says_it_in_words_and_the_table_has_every_round() {
    let d = directory();
    write(d.path(), "oil.crisis", &priced(1.0));
    let asked = [
        "price",
        "oil.crisis",
        "--quantity",
        "oil",
        "--threshold",
        "70",
        "--forward",
        "80",
    ];
    run(d.path(), &asked).says(&[
        "oil (USD/bbl)",
        "rung=calm",
        "after",
        "at least",
        "It first falls below 70 within 8 weeks",
        "A price of 80 for the end implies",
        "Covers that pay 1, once",
        "too narrow",
    ]);
    let table = run(d.path(), &["price", "oil.crisis", "--csv"])
        .exits(0)
        .to_owned();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(
        rows[0].trim_end(),
        "quantity,unit,measure,threshold,round,value"
    );
    assert_eq!(
        rows.iter()
            .filter(|r| r.starts_with("oil,USD/bbl,p50,,"))
            .count(),
        9
    );
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let d = directory();
    write(d.path(), "oil.crisis", &priced(1.0));
    for (arguments, says) in [
        (&["--quantity", "gas"][..], "there are rise and oil"),
        (&["--premium", "two"], "expected a share such as 2%"),
        (
            &["--quantity", "oil", "--threshold", "inf"],
            "no number to compare",
        ),
    ] {
        let all: Vec<&str> = ["price", "oil.crisis"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let done = run(d.path(), &all);
        done.exits(2);
        done.says(&[says]);
    }
    // Without a quantity there are covers all the same, but no thresholds.
    small(d.path());
    run(d.path(), &["price", "small.crisis"]).says(&["Covers that pay 1, once"]);
    let done = run(d.path(), &["price", "small.crisis", "--threshold", "1"]);
    done.exits(2);
    done.says(&["no derived number has a unit"]);
}

#[test]
fn a_run_has_the_prices_in_the_report_and_in_the_series() {
    let d = directory();
    write(d.path(), "oil.crisis", &priced(1.0));
    let quick = [
        "--futures",
        "2",
        "--paired",
        "1",
        "--trajectories",
        "500",
        "--out",
        "out",
    ];
    let all: Vec<&str> = ["report", "oil.crisis", "--quiet", "--format", "csv"]
        .into_iter()
        .chain(quick)
        .collect();
    run(d.path(), &all).exits(0);
    let text = |name: &str| std::fs::read_to_string(d.path().join("out").join(name)).expect(name);
    let series = text("series.csv");
    for t in 0..=8 {
        let at = |keys: &str| {
            let start = format!("{t},{keys},");
            let mut own = series.lines().filter(|l| l.starts_with(&start));
            let value = own.next().and_then(|l| l.rsplit(',').next());
            value.expect("a row").parse::<f64>().expect("a number")
        };
        assert!(at("quantity,oil,USD/bbl,p05") <= at("quantity,oil,USD/bbl,p95"));
        let levels = ["calm", "clash", "war"].map(|l| at(&format!("occupancy,rung,{l},share")));
        assert!((levels.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    assert!(text("fan-oil.csv").starts_with("after,5 %,25 %,50 %,75 %,95 %,mean,as written"));
    for name in ["exceedance-oil.csv", "places-oil.csv", "covers.csv"] {
        assert!(text(name).lines().count() > 2, "{name}");
    }
}
