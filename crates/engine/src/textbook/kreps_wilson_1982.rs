//! Reputation: a little doubt deters as long as there is a future to be feared in.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "kreps-wilson-1982",
    text: include_str!("../../../../scenarios/textbook/kreps-wilson-1982.crisis"),
    paper: "David M. Kreps and Robert Wilson (1982), Reputation and Imperfect Information. Journal \
            of Economic Theory 27(2), 253-279",
    lesson: "A small chance of being tough deters when there are challenges to come, because the \
             weak fight early ones to be taken for tough.",
    theorem: "With n markets left, an entrant stays out if it believes the incumbent tough with more \
              than entry_gain^n, and enters if with less. With three markets and entry_gain one half \
              the threshold is 1/8; with one it is 1/2.",
    changed: &[
        "Three markets. The entrants are one actor that forgets a millionth less than everything from \
         market to market, which makes it three.",
        "Noise blurs the threshold. Far above the precisions shown this version does not certify \
         its solution.",
    ],
    shown: Static {
        claim: "The likelier the incumbent is tough, the likelier the first entrant stays out, long \
                before one half.",
        parameter: "prior_tough",
        values: &[0.02, 0.05, 0.1, 0.15, 0.2, 0.3],
        precisions: &[2.0, 5.0, 10.0, 20.0],
        measure: Measure::Class("out"),
        reads: "chance that the first entrant stays out",
        way: Way::Rises,
        theorem: out,
        without: Lever {
            parameter: "linked",
            value: 0.0,
            says: "only the first market counts, so there is nothing to keep a reputation for",
        },
    },
};

fn out(p: &Numbers) -> f64 {
    f64::from(u8::from(p("prior_tough") > p("entry_gain").powi(3)))
}
