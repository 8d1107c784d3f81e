//! Deterrence where attacks are hard to tell from accidents.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "baliga-2020",
    text: include_str!("../../../../scenarios/textbook/baliga-2020.crisis"),
    paper: "Sandeep Baliga, Ethan Bueno de Mesquita and Alexander Wolitzky (2020), Deterrence with \
            Imperfect Attribution. American Political Science Review 114(4), 1155-1178",
    lesson: "Where accidents look like attacks, an attack says less about its author, and more are \
             made.",
    theorem: "The defender retaliates if it believes the suspect hostile with at least m = wrong / \
              (right + wrong). A hostile suspect attacks just often enough to keep it there: with \
              probability accident (O − 1) / (1 − accident), where O = m / (1 − m) × (1 − h) / h and \
              h = prior_hostile, as long as that is below 1.",
    changed: &[
        "One suspect in place of several, so nothing is shown of the paper's main point, that the \
         aggression of one makes all others more aggressive.",
        "The defender regrets to have struck a suspect that is not hostile. In the paper it regrets \
         to have struck one that did not attack, which is not the same for a hostile suspect that \
         had an accident.",
        "The formula is derived here, for this version of the game. Noise gives way to it slowly: the \
         defender has to be somewhat surer than m to retaliate as often as it must.",
    ],
    shown: Static {
        claim: "The more accidents, the likelier a hostile suspect attacks.",
        parameter: "accident",
        values: &[0.0, 0.05, 0.1, 0.15, 0.2, 0.3],
        precisions: &[5.0, 10.0, 20.0],
        measure: Measure::Choice {
            actor: "suspect",
            kind: "hostile",
            action: "suspect.attack",
        },
        reads: "chance that a hostile suspect attacks",
        way: Way::Rises,
        theorem: attack,
        without: Lever {
            parameter: "blurred",
            value: 0.0,
            says: "accidents are known for what they are",
        },
    },
};

fn attack(p: &Numbers) -> f64 {
    let (accident, hostile) = (p("accident"), p("prior_hostile"));
    let needed = p("wrong") / p("right") * (1.0 - hostile) / hostile;
    (accident * (needed - 1.0) / (1.0 - accident)).clamp(0.0, 1.0)
}
