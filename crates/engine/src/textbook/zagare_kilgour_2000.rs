//! Deterrence by threats that are only probably meant.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "zagare-kilgour-2000",
    text: include_str!("../../../../scenarios/textbook/zagare-kilgour-2000.crisis"),
    paper: "Frank C. Zagare and D. Marc Kilgour (2000), Perfect Deterrence. Cambridge University \
            Press: the rudimentary asymmetric deterrence game",
    lesson: "A threat deters when it is believed enough, and is believed only as far as the \
             defender would rather carry it out than concede.",
    theorem: "The challenger leaves the status quo alone if credibility > (concession − status_quo) / \
              (concession − conflict), and challenges if it is below.",
    changed: &[
        "Nothing but noise: a hard defender sometimes concedes and a soft one sometimes resists.",
    ],
    shown: Static {
        claim: "The likelier the defender is hard, the likelier the status quo holds.",
        parameter: "credibility",
        values: &[0.05, 0.1, 0.2, 0.25, 0.35, 0.4, 0.6, 0.9],
        precisions: &[2.0, 5.0, 20.0, 80.0],
        measure: Measure::Class("deterred"),
        reads: "chance that the status quo holds",
        way: Way::Rises,
        theorem: deterred,
        without: Lever {
            parameter: "conflict_hard",
            value: -1.0,
            says: "a hard defender likes conflict no better than a soft one, so no defender would \
                   resist",
        },
    },
};

fn deterred(p: &Numbers) -> f64 {
    let won = p("concession");
    let threshold = (won - p("status_quo")) / (won - p("conflict"));
    f64::from(u8::from(p("credibility") > threshold))
}
