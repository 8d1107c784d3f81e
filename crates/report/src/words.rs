//! Probabilities in words: row A of Intelligence Community Directive 203, *Analytic Standards*
//! (2015), section D.6.e(2)(a).
//!
//! The word follows the number as printed, so that a sentence never contradicts itself: a
//! probability is rounded to a whole per cent first, then placed. The directive's ranges share
//! their end points; a shared one goes to the range nearer to 50 %. Below 1 % and above 99 % the
//! directive has no word, and only the bound is said.

use std::fmt;

/// A range of row A, or one of the two ends for which the directive has no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Below 1 %.
    LessThanOne,
    /// 1 to 5 %.
    AlmostNoChance,
    /// 5 to 20 %.
    VeryUnlikely,
    /// 20 to 45 %.
    Unlikely,
    /// 45 to 55 %.
    RoughlyEven,
    /// 55 to 80 %.
    Likely,
    /// 80 to 95 %.
    VeryLikely,
    /// 95 to 99 %.
    AlmostCertain,
    /// Above 99 %.
    MoreThanNinetyNine,
}

/// Name of the word table, for imprints.
pub const TABLE: &str = "ICD 203 row A";

/// The end points that neighbouring words share.
pub const LEVELS: [f64; 6] = [0.05, 0.2, 0.45, 0.55, 0.8, 0.95];

impl Band {
    /// The range in which `probability` lies; what is not a number in [0, 1] is taken to the nearer
    /// end, and NaN to the lower one.
    pub fn of(probability: f64) -> Self {
        if probability.is_nan() || probability < 0.01 {
            return Self::LessThanOne;
        }
        if probability > 0.99 {
            return Self::MoreThanNinetyNine;
        }
        match (probability * 100.0).round() as u32 {
            0..=4 => Self::AlmostNoChance,
            5..=19 => Self::VeryUnlikely,
            20..=44 => Self::Unlikely,
            45..=55 => Self::RoughlyEven,
            56..=80 => Self::Likely,
            81..=95 => Self::VeryLikely,
            _ => Self::AlmostCertain,
        }
    }

    /// The directive's term.
    pub fn term(self) -> &'static str {
        match self {
            Self::LessThanOne => "less than 1 %",
            Self::AlmostNoChance => "almost no chance",
            Self::VeryUnlikely => "very unlikely",
            Self::Unlikely => "unlikely",
            Self::RoughlyEven => "roughly even chance",
            Self::Likely => "likely",
            Self::VeryLikely => "very likely",
            Self::AlmostCertain => "almost certain",
            Self::MoreThanNinetyNine => "more than 99 %",
        }
    }

    /// True where the term is a bound in numbers and no word.
    pub(crate) fn is_bound(self) -> bool {
        matches!(self, Self::LessThanOne | Self::MoreThanNinetyNine)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.term())
    }
}

/// A probability as a whole per cent: "34 %", "less than 1 %", "more than 99 %".
pub fn percent(probability: f64) -> String {
    let band = Band::of(probability);
    if band.is_bound() {
        return band.term().to_owned();
    }
    format!("{:.0} %", (probability * 100.0).round())
}

/// Word and number: "unlikely (34 %)"; only the bound at the two ends.
pub fn phrase(probability: f64) -> String {
    let band = Band::of(probability);
    if band.is_bound() {
        return band.term().to_owned();
    }
    format!("{band} ({})", percent(probability))
}

/// What follows the subject of a sentence: "is unlikely (34 %)", "has almost no chance (3 %)".
pub fn predicate(probability: f64) -> String {
    match Band::of(probability) {
        Band::LessThanOne | Band::MoreThanNinetyNine => {
            format!("has a chance of {}", phrase(probability))
        }
        Band::AlmostNoChance => format!("has {}", phrase(probability)),
        Band::RoughlyEven => format!("has a {}", phrase(probability)),
        _ => format!("is {}", phrase(probability)),
    }
}

/// The predicate of a sentence about a probability with its range over the stated assumptions: "is
/// unlikely to roughly even chance (34 %; 22-47 % over the stated assumptions)". Both ends are said
/// when the range crosses bands.
pub fn ranged_predicate(central: f64, low: f64, high: f64) -> String {
    const OVER: &str = "over the stated assumptions";
    let (low, high) = if low > high { (high, low) } else { (low, high) };
    let (first, last) = (Band::of(low), Band::of(high));
    let words = if first == last {
        first.to_string()
    } else {
        format!("{first} to {last}")
    };
    let numbers = match (first.is_bound(), last.is_bound()) {
        (false, false) => {
            let (from, to) = ((low * 100.0).round(), (high * 100.0).round());
            if from == to {
                format!("{from:.0} %")
            } else {
                format!("{from:.0}-{to:.0} %")
            }
        }
        _ if first == last => percent(low),
        _ => format!("{} to {}", percent(low), percent(high)),
    };
    let verb = match first {
        // "Has almost no chance to unlikely" would be no sentence.
        Band::LessThanOne if first != last => "ranges from a chance of",
        Band::AlmostNoChance if first != last => "ranges from",
        Band::LessThanOne | Band::MoreThanNinetyNine => "has a chance of",
        Band::AlmostNoChance => "has",
        Band::RoughlyEven => "has a",
        _ => "is",
    };
    format!("{verb} {words} ({}; {numbers} {OVER})", percent(central))
}

/// Probabilities at which the word changes, as printed: rounded to whole per cents first.
pub const EDGES: [f64; 8] = [0.01, 0.045, 0.195, 0.445, 0.555, 0.805, 0.955, 0.99];

/// An interval of probabilities: "unlikely, 31-44 %" within one range, "unlikely to roughly even
/// chance, 31-52 %" across ranges.
pub fn interval(low: f64, high: f64) -> String {
    let (low, high) = if low > high { (high, low) } else { (low, high) };
    let (first, last) = (Band::of(low), Band::of(high));
    match (first.is_bound(), last.is_bound()) {
        (true, true) if first == last => first.term().to_owned(),
        (true, true) => format!("{first} to {last}"),
        (true, false) => format!("{first} to {last}, up to {}", percent(high)),
        (false, true) => format!("{first} to {last}, from {}", percent(low)),
        (false, false) => {
            let words = if first == last {
                first.to_string()
            } else {
                format!("{first} to {last}")
            };
            let (from, to) = ((low * 100.0).round(), (high * 100.0).round());
            if from == to {
                format!("{words}, {from:.0} %")
            } else {
                format!("{words}, {from:.0}-{to:.0} %")
            }
        }
    }
}
