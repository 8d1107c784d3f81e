//! Preventive war: a shift of power that nobody can promise not to use.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "powell-2006",
    text: include_str!("../../../../scenarios/textbook/powell-2006.crisis"),
    paper: "Robert Powell (2006), War as a Commitment Problem. International Organization 60(1), \
            169-203; James D. Fearon (1995), Rationalist Explanations for War, the same journal \
            49(3), on preventive war as a commitment problem",
    lesson: "A side that is about to be overtaken fights today, though both know everything, because \
             the other cannot promise to be modest tomorrow.",
    theorem: "The decliner gets at most the whole pie today and what war would give it tomorrow. It \
              fights today if that is less than war today gives it: if shift > (1 − power + war_cost \
              (1 − future)) / future.",
    changed: &[
        "Two days in place of infinitely many.",
        "Shares on offer are tenths. The riser rounds tomorrow's offer up to the next tenth, which \
         moves the threshold from 0.35 to 0.40; the values shown lie on either side of both.",
    ],
    shown: Static {
        claim: "The larger the shift of power, the likelier preventive war is.",
        parameter: "shift",
        values: &[0.0, 0.1, 0.2, 0.3, 0.5, 0.6],
        precisions: &[5.0, 20.0, 80.0, 320.0],
        measure: Measure::Class("preventive"),
        reads: "chance of war today",
        way: Way::Rises,
        theorem: preventive,
        without: Lever {
            parameter: "committed",
            value: 1.0,
            says: "tomorrow's division goes by today's balance",
        },
    },
};

fn preventive(p: &Numbers) -> f64 {
    let future = p("future");
    let threshold = (1.0 - p("power") + p("war_cost") * (1.0 - future)) / future;
    f64::from(u8::from(p("shift") > threshold))
}
