//! Brinkmanship: resolve as the risk of disaster that a side can bear.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "powell-1990",
    text: include_str!("../../../../scenarios/textbook/powell-1990.crisis"),
    paper: "Robert Powell (1990), Nuclear Deterrence Theory: The Search for Credibility. Cambridge \
            University Press",
    lesson: "Between nuclear powers, the side that would run the greater risk of disaster prevails, \
             and does so at little risk.",
    theorem: "A side bears the last step to prevailing if its risk is below (prize − back_down) / \
              (prize − disaster). With complete information the side whose last bearable turn is the \
              later prevails, the other backs down at its first turn: the challenger raises the risk \
              once and prevails with probability 1 − risk_step, or backs down at once.",
    changed: &[
        "Turns alternate and end after twelve, each with its own risk, which grows by equal steps; \
         Powell lets the sides choose how much risk they add.",
        "Complete information only: what each side can bear is known.",
        "Bearable risks between two turns count as the same, so the change comes in one step: here \
         where the challenger can bear the fifth turn.",
    ],
    shown: Static {
        claim: "The more prevailing is worth to the challenger, the likelier it prevails.",
        parameter: "challenger_prize",
        values: &[0.2, 0.5, 0.8, 1.0, 1.5, 2.0],
        precisions: &[2.0, 5.0, 20.0, 80.0],
        measure: Measure::Class("challenger"),
        reads: "chance that the challenger prevails",
        way: Way::Rises,
        theorem: prevails,
        without: Lever {
            parameter: "risk_step",
            value: 0.0,
            says: "raising carries no risk, so the side with the last turn prevails whatever the \
                   stakes",
        },
    },
};

fn prevails(p: &Numbers) -> f64 {
    let step = p("risk_step");
    let bearable = |prize: f64| (prize - p("back_down")) / (prize - p("disaster"));
    // The challenger has the odd turns of twelve, the defender the even ones.
    let last = |first: u32, prize: f64| {
        let turns = (first..=12).step_by(2);
        turns
            .filter(|k| step * f64::from(*k) < bearable(prize))
            .last()
            .unwrap_or(0)
    };
    if last(1, p("challenger_prize")) > last(2, p("defender_prize")) {
        1.0 - step
    } else {
        0.0
    }
}
