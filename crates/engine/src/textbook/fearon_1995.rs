//! The risk-return trade-off of bargaining under private information.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "fearon-1995",
    text: include_str!("../../../../scenarios/textbook/fearon-1995.crisis"),
    paper: "James D. Fearon (1995), Rationalist Explanations for War. International Organization \
            49(3), 379-414: war due to private information",
    lesson: "Who does not know what war costs the other asks for more than everybody would grant, \
             and sometimes gets war for it.",
    theorem: "B fights rather than accept a demand x if its cost of war is below x − power. With the \
              cost uniform on [0, widest_cost], A demands power + (widest_cost − war_cost) / 2, and \
              war follows with probability (widest_cost − war_cost) / (2 widest_cost), or never \
              where widest_cost ≤ war_cost.",
    changed: &[
        "The cost takes 25 values in equal distance and the demand 13 in steps of 0.025, so the \
         chance of war comes in steps of 4 points.",
        "The cost is drawn behind the demand. To A, who demands once and before, that is the same as \
         a cost that B knew all along.",
        "Demands differ by little in what they are worth, so it takes a high precision to see the \
         trade-off; at a low one A demands at random, and the narrower the range of costs, the more \
         such demands end in war.",
    ],
    shown: Static {
        claim: "The wider the range of what war may cost B, the likelier war is.",
        parameter: "widest_cost",
        values: &[0.1, 0.2, 0.3, 0.4, 0.5],
        precisions: &[20.0, 100.0, 500.0],
        measure: Measure::Class("war"),
        reads: "chance of war",
        way: Way::Rises,
        theorem: war,
        without: Lever {
            parameter: "private",
            value: 0.0,
            says: "A knows the cost before it demands",
        },
    },
};

fn war(p: &Numbers) -> f64 {
    let (widest, own) = (p("widest_cost"), p("war_cost"));
    ((widest - own) / (2.0 * widest)).max(0.0)
}
