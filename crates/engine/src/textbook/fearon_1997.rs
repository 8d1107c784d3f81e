//! Tying hands: signals that cost something only to whoever backs down.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "fearon-1997",
    text: include_str!("../../../../scenarios/textbook/fearon-1997.crisis"),
    paper: "James D. Fearon (1997), Signaling Foreign Policy Interests: Tying Hands versus Sinking \
            Costs. Journal of Conflict Resolution 41(1), 68-90",
    lesson: "A leader who will pay for backing down is challenged less often, the more so the more it \
             would pay.",
    theorem: "While size < −war_irresolute, the irresolute send the signal just often enough to keep \
              the challenger indifferent, and a signal of this size is challenged with probability \
              1 / (1 + size), which leaves the irresolute indifferent. The resolved always send it \
              and fight when challenged: war has probability prior_resolved / (1 + size).",
    changed: &[
        "Two types, one size of signal at a time, and a challenger whose own resolve is known.",
        "With a sunk cost Fearon's leaders separate as well. Here both types lose the same by sending \
         it, so that nobody heeds it is an equilibrium at every precision, and the one that is \
         followed from noisy play on; Fearon's is another, which the program does not select. So \
         the two instruments cannot be compared here as the paper does.",
    ],
    shown: Static {
        claim: "The more backing down would cost, the less likely war is.",
        parameter: "size",
        values: &[0.2, 0.4, 0.6, 0.8, 1.0, 1.2],
        precisions: &[2.0, 5.0, 10.0],
        measure: Measure::Class("war"),
        reads: "chance of war",
        way: Way::Falls,
        theorem: war,
        without: Lever {
            parameter: "tied",
            value: 0.0,
            says: "the cost is sunk, whatever the defender does later",
        },
    },
};

fn war(p: &Numbers) -> f64 {
    p("prior_resolved") / (1.0 + p("size"))
}
