//! Weapons under strategic risk: they deter, and they are a reason to strike first.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "chassang-padro-2010",
    text: include_str!("../../../../scenarios/textbook/chassang-padro-2010.crisis"),
    paper: "Sylvain Chassang and Gerard Padró i Miquel (2010), Conflict and Deterrence under \
            Strategic Risk. Quarterly Journal of Economics 125(4), 1821-1858",
    lesson: "Weapons that keep the peace between sides who know each other's mind can break it \
             between sides who fear each other.",
    theorem: "North strikes if its fear exceeds (π − F) / ((π − F) + (W − S)). Where each side is \
              slightly unsure of what the other knows, play goes by a fear of one half: North \
              strikes if W − S > π − F. Weapons raise both sides of this; here they raise W − S, \
              the gain from not being caught, by more.",
    changed: &[
        "The fear is a number in the scenario. In the paper it comes out of a global game in which \
         both sides choose at once with slightly different information; such a game cannot be \
         written here, so that one half is selected is taken from the paper and not shown.",
        "One decision in place of a repeated game.",
    ],
    shown: Static {
        claim: "The more weapons, the likelier North strikes first.",
        parameter: "weapons",
        values: &[0.0, 0.1, 0.2, 0.3, 0.5, 1.0],
        precisions: &[5.0, 20.0, 80.0, 320.0],
        measure: Measure::Class("strike"),
        reads: "chance that North strikes",
        way: Way::Rises,
        theorem: strike,
        without: Lever {
            parameter: "fear",
            value: 0.0,
            says: "North is sure of South, and weapons only deter",
        },
    },
};

fn strike(p: &Numbers) -> f64 {
    let weapons = p("weapons");
    let alone = p("prize") - p("prize_lost") * weapons;
    let war = p("both") - p("both_lost") * weapons;
    let caught = p("caught") - p("caught_lost") * weapons;
    let (predation, preemption) = (p("peace") - alone, war - caught);
    f64::from(u8::from(p("fear") > predation / (predation + preemption)))
}
