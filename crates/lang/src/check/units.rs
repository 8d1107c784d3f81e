//! Units: powers of time and of words.

use crate::source::Span;
use crate::syntax::ast::Unit;

/// Days in a year and in its twelfth.
pub const YEAR_DAYS: f64 = 365.25;
/// Days in a month.
pub const MONTH_DAYS: f64 = YEAR_DAYS / 12.0;

/// A dimension: a power of time and powers of words, sorted, none zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Power of time.
    pub time: i32,
    /// Powers of words.
    pub words: Vec<(String, i32)>,
}

impl Units {
    /// No unit.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Time to a power.
    pub fn time(power: i32) -> Self {
        Self {
            time: power,
            words: Vec::new(),
        }
    }

    /// One word.
    pub fn word(word: &str) -> Self {
        Self {
            time: 0,
            words: vec![(word.to_owned(), 1)],
        }
    }

    /// Whether it is a plain number.
    pub fn is_plain(&self) -> bool {
        self.time == 0 && self.words.is_empty()
    }

    /// This unit times the other to `power`.
    pub fn times(&self, other: &Self, power: i32) -> Self {
        let mut out = self.clone();
        out.time = out.time.saturating_add(other.time.saturating_mul(power));
        for (word, p) in &other.words {
            let add = p.saturating_mul(power);
            match out.words.binary_search_by(|(w, _)| w.as_str().cmp(word)) {
                Ok(at) => {
                    out.words[at].1 = out.words[at].1.saturating_add(add);
                    if out.words[at].1 == 0 {
                        out.words.remove(at);
                    }
                }
                Err(at) if add != 0 => out.words.insert(at, (word.clone(), add)),
                Err(_) => {}
            }
        }
        out
    }

    /// The square root, if all powers are even.
    pub fn root(&self) -> Option<Self> {
        if self.time % 2 != 0 || self.words.iter().any(|(_, p)| p % 2 != 0) {
            return None;
        }
        Some(Self {
            time: self.time / 2,
            words: self.words.iter().map(|(w, p)| (w.clone(), p / 2)).collect(),
        })
    }

    /// In words, for messages.
    pub fn describe(&self) -> String {
        let text = self.text("time");
        if text.is_empty() {
            "a plain number".into()
        } else {
            format!("`{text}`")
        }
    }

    /// As a unit is written, with `time` for its time; "" for a plain number.
    pub fn text(&self, time: &str) -> String {
        let mut factors: Vec<(&str, i32)> =
            self.words.iter().map(|(w, p)| (w.as_str(), *p)).collect();
        if self.time != 0 {
            factors.push((time, self.time));
        }
        let power = |(w, p): &(&str, i32)| match p.abs() {
            1 => (*w).to_owned(),
            n => format!("{w}^{n}"),
        };
        let above: Vec<String> = factors.iter().filter(|f| f.1 > 0).map(power).collect();
        let below: Vec<String> = factors.iter().filter(|f| f.1 < 0).map(power).collect();
        match (above.is_empty(), below.is_empty()) {
            (_, true) => above.join("*"),
            (true, false) => format!("per {}", below.join(" per ")),
            (false, false) => format!("{}/{}", above.join("*"), below.join("/")),
        }
    }
}

/// Days of a unit of time, if the word is one; `round` gives the length of a round.
pub fn days(word: &str, round_days: f64) -> Option<f64> {
    Some(match word {
        "year" | "years" => YEAR_DAYS,
        "month" | "months" => MONTH_DAYS,
        "week" | "weeks" => 7.0,
        "day" | "days" => 1.0,
        "hour" | "hours" => 1.0 / 24.0,
        "round" | "rounds" => round_days,
        _ => return None,
    })
}

/// A written unit read: its dimension, the factor from written to canonical value (time in days),
/// and the first word that needs the length of a round in time.
pub fn read(unit: &Unit<'_>, round_days: f64) -> (Units, f64, Option<Span>) {
    let mut units = Units::plain();
    let mut factor = 1.0;
    let mut needs_round = None;
    for (name, power) in &unit.factors {
        match days(name.text, round_days) {
            Some(length) => {
                units = units.times(&Units::time(1), *power);
                if *power < 0 {
                    factor /= length;
                } else {
                    factor *= length;
                }
                if !name.text.starts_with("round") {
                    needs_round = needs_round.or(Some(name.span));
                }
            }
            None => units = units.times(&Units::word(name.text), *power),
        }
    }
    (units, factor, needs_round)
}

/// The unit as it is written canonically.
pub fn written(unit: &Unit<'_>) -> String {
    let mut out = String::new();
    for (i, (name, power)) in unit.factors.iter().enumerate() {
        match (i, *power < 0) {
            (0, true) => out.push_str("per "),
            (0, false) => {}
            (_, true) => out.push('/'),
            (_, false) => out.push('*'),
        }
        out.push_str(name.text);
    }
    out
}
