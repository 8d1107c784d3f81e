//! `price`: prices and other measured quantities over time, against thresholds, and what covers are worth.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::premium::Pays;
use climbdown_engine::analyse::prices::{
    Asked, Prices, Quantity, Settings, Threshold, measured, prices,
};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::DerivedId;
use climbdown_report::csv::csv;
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown price my.crisis
  climbdown price my.crisis --quantity oil_price --threshold 100 --threshold 120
  climbdown price my.crisis --premium 2%
  climbdown price my.crisis --quantity oil_price --forward 95
  climbdown price my.crisis --csv > prices.csv

A quantity is a `derived` number of the scenario; without --quantity, all that
have a unit and depend on the state. Chances of states are those of the
forecast; in each state a quantity is taken over the declared ranges of what it
reads (--draws 1: as written). --premium and --forward ask the other way round:
what probability a premium or a price from elsewhere implies.";

/// Prices over time: fan, exceedance, duration; break-even premium of a cover and implied probability
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Price {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Quantity to follow, by its name in the file; may be given several times
    #[arg(long, value_name = "NAME")]
    quantity: Vec<String>,
    /// Threshold in the quantity's unit; may be given several times; round numbers without it
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    threshold: Vec<f64>,
    /// Premium at the start, as a share of the sum insured, whose probability is asked: 2% or 0.02
    #[arg(long, value_name = "SHARE", value_parser = share)]
    premium: Option<f64>,
    /// Price for the last round, quoted elsewhere, whose probability is asked; in the quantity's unit
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    forward: Option<f64>,
    /// Interest a year at which payouts are discounted: 5% or 0.05
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0%")]
    rate: f64,
    /// Draws from the declared ranges of what a quantity reads; 1 takes them as written
    #[arg(long, value_name = "N", default_value_t = 256)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    draws: u32,
    /// Simulated paths on which rounds above a threshold are counted; 0 counts none
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    trajectories: u64,
    /// Seed of draws and paths
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
    /// Print one table as CSV: a row for each quantity, measure, threshold and round
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    solve: SolveArguments,
}

impl Price {
    /// Prints fan, exceedance, durations and covers.
    ///
    /// # Errors
    /// A game instead of a scenario, a quantity that is none, or whatever stops solution or forecast.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = problem.scenario.as_ref() else {
            return Err(Failure::Usage(
                "a game has no derived quantities: `price` needs a scenario".to_owned(),
            ));
        };
        let chosen = self.chosen(scenario)?;
        let asked: Vec<Asked> = chosen
            .into_iter()
            .map(|quantity| Asked {
                quantity,
                thresholds: self.threshold.clone(),
                forward: self.forward,
            })
            .collect();
        let settings = Settings {
            draws: self.draws,
            seed: self.seed,
            trajectories: self.trajectories,
            rate: self.rate,
            premium: self.premium,
        };
        let solution = problem.solve(&self.solve.options(&problem.game), session)?;
        let observer = session.observer();
        let found = prices(
            scenario,
            &problem.game,
            &solution,
            &asked,
            &settings,
            &observer,
        )?;
        if session.json {
            return session.print_json(&found);
        }
        if self.csv {
            return session.print(&csv(&rows(&found)));
        }
        session.print(&text(&found, &problem))
    }

    /// The quantities asked for.
    fn chosen(&self, scenario: &Scenario) -> Result<Vec<DerivedId>, Failure> {
        let usage = |text: String| Err(Failure::Usage(text));
        let mut chosen = Vec::new();
        for name in &self.quantity {
            let at = scenario.derived.iter().position(|d| d.name == *name);
            let Some(at) = at.filter(|d| !scenario.derived[*d].condition) else {
                let names = scenario.derived.iter().filter(|d| !d.condition);
                // Names with a space are made by the language.
                let names = names.filter(|d| !d.name.contains(' '));
                let names: Vec<&str> = names.map(|d| d.name.as_str()).collect();
                let others = if names.is_empty() {
                    "the scenario derives none".to_owned()
                } else {
                    format!("there are {}", screen::list(&names))
                };
                return usage(format!(
                    "--quantity: `{name}` is no derived number; {others}"
                ));
            };
            chosen.push(DerivedId(at as u32));
        }
        if self.quantity.is_empty() {
            chosen = measured(scenario);
        }
        chosen.dedup();
        let bad = self.threshold.iter().chain(&self.forward);
        if let Some(x) = bad.into_iter().find(|x| !x.is_finite()) {
            return usage(format!(
                "--threshold, --forward: {x} is no number to compare with"
            ));
        }
        let one = [
            ("--threshold", !self.threshold.is_empty()),
            ("--forward", self.forward.is_some()),
        ];
        for (option, given) in one {
            if given && chosen.len() != 1 {
                let names = chosen
                    .iter()
                    .map(|d| scenario.derived[d.0 as usize].name.as_str());
                let names: Vec<&str> = names.collect();
                return usage(if names.is_empty() {
                    format!("{option} needs --quantity NAME: no derived number has a unit")
                } else {
                    format!(
                        "{option} is in the unit of one quantity; say which with --quantity: {}",
                        screen::list(&names)
                    )
                });
            }
        }
        Ok(chosen)
    }
}

/// "2%" or "0.02".
fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(number) => (number, 0.01),
        None => (text, 1.0),
    };
    match number.trim().parse::<f64>() {
        Ok(x) if x.is_finite() && x >= 0.0 => Ok(x * scale),
        _ => Err("expected a share such as 2% or 0.02".to_owned()),
    }
}

/// Prices with default settings, for a whole run; `None` where nothing that is measured in a unit
/// depends on the state.
///
/// # Errors
/// Whatever stops a forecast.
pub fn record(c: &Context) -> Result<Option<Prices>, Failure> {
    let Some(scenario) = c.scenario() else {
        return Ok(None);
    };
    let chosen = measured(scenario);
    if chosen.is_empty() {
        return Ok(None);
    }
    let asked: Vec<Asked> = chosen
        .into_iter()
        .map(|quantity| Asked {
            quantity,
            thresholds: Vec::new(),
            forward: None,
        })
        .collect();
    let settings = Settings {
        seed: c.seed as u32,
        ..Settings::default()
    };
    let observer = c.session.observer();
    let found = prices(
        scenario,
        &c.problem.game,
        c.solution,
        &asked,
        &settings,
        &observer,
    )?;
    Ok(Some(found))
}

/// A few lines on the screen of a run.
pub fn brief(found: &Prices, problem: &Problem) -> String {
    let mut out = screen::heading("Prices");
    for quantity in &found.quantities {
        let (Some(start), Some(end)) = (quantity.fan.first(), quantity.fan.last()) else {
            continue;
        };
        let over = quantity.thresholds.get(quantity.thresholds.len() / 2);
        let over = over.map_or_else(String::new, |t| {
            format!(
                "; at least {}: {} then, and {} of the {} on average",
                tables::number(t.at),
                tables::percent(t.above.last().copied().unwrap_or(0.0)),
                tables::number((t.mean_rounds * 10.0).round() / 10.0),
                screen::number_of(found.horizon, problem.round_name())
            )
        });
        out += &screen::wrap(
            &format!(
                "* {}: median {} now, {} after {} (5th to 95th percentile {} to {}){over}.",
                named(quantity),
                tables::number(start[2]),
                tables::number(end[2]),
                screen::number_of(found.horizon, problem.round_name()),
                tables::number(end[0]),
                tables::number(end[4]),
            ),
            2,
        );
    }
    out
}

/// "oil price (USD/bbl)".
fn named(quantity: &Quantity) -> String {
    let name = quantity.name.replace('_', " ");
    if quantity.unit.is_empty() {
        name
    } else {
        format!("{name} ({})", quantity.unit)
    }
}

/// The screen.
fn text(found: &Prices, problem: &Problem) -> String {
    let mut out = format!("{}\n", problem.game.title);
    if let Some(date) = problem.as_of() {
        out += &format!("as of {date}\n");
    }
    let word = problem.round_name();
    for quantity in &found.quantities {
        out += &screen::heading(&named(quantity));
        let mut places = Table::new(["where", "as written", "5 %", "95 %", "chance at the end"]);
        for place in &quantity.places {
            places.row([
                place.name.clone(),
                tables::number(place.value),
                tables::number(place.low),
                tables::number(place.high),
                tables::percent(place.share),
            ]);
        }
        out += &screen::table(&places);
        out.push('\n');
        out += &screen::table(&fan(quantity, found.horizon, word));
        if !quantity.thresholds.is_empty() {
            out.push('\n');
            out += &screen::table(&exceedance(quantity, word));
        }
        for threshold in &quantity.thresholds {
            for line in remarks(quantity, threshold, found, word) {
                out += &screen::wrap(&line, 2);
            }
        }
    }
    if !found.quantities.is_empty() {
        out.push('\n');
        out += &screen::note(&format!(
            "As written: mean with the written numbers. {}s: mean, and 5th, 50th and 95th percentile, of \
             those that end at the threshold or above, of {}. Excess: mean excess over the threshold \
             at the end, what a call struck there pays.",
            capital(word),
            found.horizon
        ));
    }
    if !found.covers.is_empty() {
        out += &screen::heading("Covers that pay 1, once");
        out += &screen::table(&covers(found, word));
        out += &screen::note(&format!(
            "Questions pay when they first come true, outcomes when the window closes. Premium: break-even, paid at the start, as a share of the sum insured; by the {word}: the \
             same paid at the start of each {word} until the cover has paid or ended. Payouts are \
             discounted at {} a year. No loading for risk or cost.",
            tables::percent(found.settings.rate)
        ));
    }
    out.push('\n');
    out + &screen::note(&format!("{}. {}", found.definition, found.limits))
}

/// Rounds that tables show: none, 4, 13, 26, 52 and the last.
fn dates(horizon: u32) -> Vec<u32> {
    let mut dates: Vec<u32> = [0, 1, 4, 13, 26, 52]
        .into_iter()
        .filter(|d| *d < horizon)
        .collect();
    dates.push(horizon);
    dates
}

fn fan(quantity: &Quantity, horizon: u32, word: &str) -> Table {
    let head = quantity
        .quantiles
        .iter()
        .map(|q| format!("{:.0} %", q * 100.0));
    let head = std::iter::once("after".to_owned()).chain(head);
    let mut table = Table::new(head.chain(["mean".to_owned(), "as written".to_owned()]));
    for t in dates(horizon) {
        let row = &quantity.fan[t as usize];
        let cells = row
            .iter()
            .chain([&quantity.mean[t as usize], &quantity.central[t as usize]])
            .map(|v| tables::number(*v));
        let when = if t == 0 {
            "now".to_owned()
        } else {
            screen::number_of(t, word)
        };
        table.row(std::iter::once(when).chain(cells));
    }
    table
}

fn exceedance(quantity: &Quantity, word: &str) -> Table {
    let mut table = Table::new([
        "at least".to_owned(),
        "now".to_owned(),
        "ever".to_owned(),
        "at the end".to_owned(),
        format!("{word}s"),
        "5-50-95 %".to_owned(),
        "excess".to_owned(),
    ]);
    for t in &quantity.thresholds {
        let last = |v: &[f64]| v.last().map_or_else(String::new, |p| tables::percent(*p));
        let spent = t.duration.as_ref().map_or_else(
            || "–".to_owned(),
            |d| format!("{}-{}-{}", d.quantiles[0], d.quantiles[2], d.quantiles[4]),
        );
        table.row([
            tables::number(t.at),
            tables::percent(t.above[0]),
            last(&t.reached),
            last(&t.above),
            format!("{:.1}", t.mean_rounds),
            spent,
            tables::number(t.excess),
        ]);
    }
    table
}

/// What the table has no column for.
fn remarks(quantity: &Quantity, t: &Threshold, found: &Prices, word: &str) -> Vec<String> {
    let mut out = Vec::new();
    let at = tables::number(t.at);
    if let Some(left) = &t.left {
        let half = left.iter().position(|p| *p >= 0.5);
        let half = half.map_or_else(
            || "; it is likelier than not to stay there to the end".to_owned(),
            |n| {
                format!(
                    "; likelier than not within {}",
                    screen::number_of(n as u64, word)
                )
            },
        );
        out.push(format!(
            "* It first falls below {at} within {} with {}{half}.",
            screen::number_of(found.horizon, word),
            tables::percent(left.last().copied().unwrap_or(0.0))
        ));
    }
    if let (Some(price), Some(p)) = (quantity.forward, t.implied) {
        out.push(if (0.0..=1.0).contains(&p) {
            format!(
                "* A price of {} for the end implies {} for at least {at}, against {} here.",
                tables::number(price),
                tables::percent(p),
                tables::percent(t.above.last().copied().unwrap_or(0.0))
            )
        } else {
            format!(
                "* No chance of at least {at} gives a price of {} for the end: the means below and above \
                 lie on one side of it.",
                tables::number(price)
            )
        });
    }
    if t.central_only {
        out.push(format!(
            "* For {at}, `ever` and {word}s are of the written numbers alone: the ranges make too many \
             different sets of states."
        ));
    }
    out
}

fn covers(found: &Prices, word: &str) -> Table {
    let quoted = found.settings.premium;
    let mut head = vec![
        "pays when".to_owned(),
        "until".to_owned(),
        "chance".to_owned(),
        "premium".to_owned(),
        format!("by the {word}"),
    ];
    if let Some(premium) = quoted {
        head.push(format!("{} implies", percent(premium)));
    }
    let mut table = Table::new(head);
    for cover in &found.covers {
        let mut row = vec![
            cover.label.clone(),
            format!("{word} {}", cover.until),
            tables::percent(cover.probability),
            percent(cover.premium),
            cover.running.map_or_else(|| "–".to_owned(), percent),
        ];
        if quoted.is_some() {
            row.push(match cover.implied {
                Some(p) if p <= 1.0 => tables::percent(p),
                Some(_) => "over 100 %".to_owned(),
                None => "–".to_owned(),
            });
        }
        table.row(row);
    }
    table
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// A premium: two decimals, since premiums are small.
fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// All of it as one long table: quantity, measure, threshold, round, value.
pub fn rows(found: &Prices) -> Table {
    let mut table = Table::new(["quantity", "unit", "measure", "threshold", "round", "value"]);
    for q in &found.quantities {
        let mut add = |measure: &str, threshold: &str, round: usize, value: f64| {
            table.row([
                q.name.clone(),
                q.unit.clone(),
                measure.to_owned(),
                threshold.to_owned(),
                round.to_string(),
                value.to_string(),
            ]);
        };
        for (t, row) in q.fan.iter().enumerate() {
            for (quantile, value) in q.quantiles.iter().zip(row) {
                add(&format!("p{:02.0}", quantile * 100.0), "", t, *value);
            }
            add("mean", "", t, q.mean[t]);
            add("mean as written", "", t, q.central[t]);
        }
        for threshold in &q.thresholds {
            let at = threshold.at.to_string();
            let none = Vec::new();
            let series = [
                ("above", &threshold.above),
                ("reached", &threshold.reached),
                ("fallen below", threshold.left.as_ref().unwrap_or(&none)),
            ];
            for (measure, values) in series {
                for (t, value) in values.iter().enumerate() {
                    add(measure, &at, t, *value);
                }
            }
            for (n, p) in threshold
                .duration
                .iter()
                .flat_map(|d| d.probability.iter().enumerate())
            {
                add("rounds above", &at, n, *p);
            }
            add("mean excess", &at, found.horizon as usize, threshold.excess);
        }
    }
    for cover in &found.covers {
        let values = [
            ("probability", Some(cover.probability)),
            ("premium", Some(cover.premium)),
            ("running premium", cover.running),
            ("implied probability", cover.implied),
        ];
        let pays = match cover.pays {
            Pays::First => "ever",
            Pays::End => "at the end",
        };
        for (measure, value) in values {
            if let Some(value) = value {
                table.row([
                    cover.name.clone(),
                    pays.to_owned(),
                    measure.to_owned(),
                    String::new(),
                    cover.until.to_string(),
                    value.to_string(),
                ]);
            }
        }
    }
    table
}
