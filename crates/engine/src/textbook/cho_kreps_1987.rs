//! Signals: the weak do as the strong do, as long as that is believed.

use super::{Lever, Measure, Model, Numbers, Static, Way};

pub(super) const MODEL: Model = Model {
    name: "cho-kreps-1987",
    text: include_str!("../../../../scenarios/textbook/cho-kreps-1987.crisis"),
    paper: "In-Koo Cho and David M. Kreps (1987), Signaling Games and Stable Equilibria. Quarterly \
            Journal of Economics 102(2), 179-221",
    lesson: "A signal that the strong like better than the weak is sent by the weak too, as far as \
             they are still taken for strong; who sends the other one gives himself away.",
    theorem: "With h = prior_strong above one half all drink beer and none is challenged. That all eat \
              quiche is a sequential equilibrium too, held up by the belief that who drinks beer is \
              weak; the intuitive criterion rules it out, as only the strong could gain by beer. Below \
              one half the strong drink beer, and the weak with probability h / (1 − h), which leaves \
              who sees beer in doubt.",
    changed: &[
        "What the right answer is worth to the receiver is paid by the belief that it ends with. In \
         the mean that is the same as by the sender's type.",
        "Logit play does not need the criterion: errors that cost more are rarer, so beer where quiche \
         is expected comes from the strong, and that all eat quiche is the limit of no branch. The \
         shares below one half are derived here for the paper's payoffs; noise gives way to them \
         slowly.",
    ],
    shown: Static {
        claim: "The likelier the sender is strong, the likelier a weak one drinks beer.",
        parameter: "prior_strong",
        values: &[0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.9],
        precisions: &[2.0, 5.0, 10.0, 20.0],
        measure: Measure::Choice {
            actor: "sender",
            kind: "weak",
            action: "sender.beer",
        },
        reads: "chance that a weak sender drinks beer",
        way: Way::Rises,
        theorem: beer,
        without: Lever {
            parameter: "peace",
            value: 0.0,
            says: "a challenge costs nothing, so there is no reason to be taken for strong",
        },
    },
};

fn beer(p: &Numbers) -> f64 {
    let strong = p("prior_strong");
    (strong / (1.0 - strong)).min(1.0)
}
