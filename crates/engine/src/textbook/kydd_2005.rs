//! Reassurance: a gesture is believed as far as it would have been too dear for the untrustworthy.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "kydd-2005",
    text: include_str!("../../../../scenarios/textbook/kydd-2005.crisis"),
    paper: "Andrew H. Kydd (2005), Trust and Mistrust in International Relations. Princeton \
            University Press; (2000), Trust, Reassurance, and Cooperation. International \
            Organization 54(2), 325-357",
    lesson: "Distrust is overcome by gestures that cost something: cheap ones reassure nobody, since \
             the untrustworthy would make them too.",
    theorem: "Blue cooperates if it believes Red trustworthy with at least (punishment − sucker) / \
              (reward − temptation + punishment − sucker). Below that trust, a gesture that costs an \
              untrustworthy Red c = gesture × harder, less than the g = greed − punishment that \
              trust is worth to it, is made by some of them and believed with probability c / g: both \
              cooperate with probability trust × c / g. From c = g on only the trustworthy make it, \
              and both cooperate with probability trust, as long as gesture < reward − sucker.",
    changed: &[
        "In the paper both sides choose at once; here Red chooses after Blue. A cost of bad faith \
         makes a trustworthy Red cooperate whatever it has seen, so that Blue's choice, and the trust \
         that it needs, are those of the paper.",
        "One side is in doubt, not both, and the gesture is a cost, not a first round of the game. \
         That it costs the untrustworthy more, who give up what they meant to take, stands in the \
         scenario as a number.",
        "With harder = 1 silence and gesture tell nothing apart at any precision: that nobody heeds \
         the gesture is then an equilibrium too, and the one that is followed here.",
    ],
    shown: Static {
        claim: "The dearer the gesture, the likelier both cooperate.",
        parameter: "gesture",
        values: &[0.0, 0.1, 0.2, 0.3, 0.4, 0.6],
        precisions: &[5.0, 10.0, 20.0, 40.0],
        measure: Measure::Class("both"),
        reads: "chance that both cooperate",
        way: Way::Rises,
        theorem: both,
        without: Lever {
            parameter: "seen",
            value: 0.0,
            says: "nobody sees the gesture",
        },
    },
};

fn both(p: &Numbers) -> f64 {
    let loss = p("punishment") - p("sucker");
    let needed = loss / (p("reward") - p("temptation") + loss);
    let trust = p("trust");
    if trust > needed {
        return trust;
    }
    let (gesture, gain) = (p("gesture"), p("greed") - p("punishment"));
    if gesture >= p("reward") - p("sucker") {
        return 0.0;
    }
    trust * (gesture * p("harder") / gain).min(1.0)
}
