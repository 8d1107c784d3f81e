//! Several equilibria in one crisis of Lewis and Schultz's form: the engine against a dense scan of the
//! one equation that is left when the rest is put into it.

use climbdown_engine::compile;
use climbdown_engine::game::{Game, Phase};
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use std::path::Path;

const BELIEF_POINTS: usize = 129;

fn game(parameters: &[(&str, f64)]) -> Game {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/games/audience.crisis");
    let text = std::fs::read_to_string(path).expect("a shipped scenario");
    let mut scenario = climbdown_lang::check(&text).scenario.expect("sound");
    for (name, value) in parameters {
        let found = scenario.parameters.iter_mut().find(|p| p.name == *name);
        found.expect("a parameter").central = *value;
    }
    let compiled = compile::compile(&scenario, &compile::Options::default());
    compiled.expect("compiles").game
}

fn solved(game: &Game) -> Solution {
    let options = Options {
        belief_points: BELIEF_POINTS,
        stencil: 16,
        ..Options::default()
    };
    solve(game, &options, &Silent).expect("solved")
}

fn logit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn ln_logit(x: f64) -> f64 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}

/// The crisis written down once more.
#[derive(Clone, Copy)]
struct Crisis {
    precision: f64,
    audience: f64,
    resolved: f64,
}

impl Crisis {
    /// Of the resolved and the bluffing: how often it stands firm when it is resisted, and what that is
    /// worth to it.
    fn resisted(&self) -> [(f64, f64); 2] {
        [(-1.0, -3.0), (-3.0, -self.audience)].map(|(war, back): (f64, f64)| {
            let firm = logit(self.precision * (war - back));
            (firm, firm * war + (1.0 - firm) * back)
        })
    }

    /// ln(resolved / bluffing) of a challenge if the target takes it to be `ratio`, and the chances that
    /// either challenges, with a `share` of the precision in this choice.
    fn answered(&self, ratio: f64, share: f64) -> (f64, [f64; 2]) {
        let [(firm, worth), (bluff, little)] = self.resisted();
        let believed = logit((self.resolved / (1.0 - self.resolved)).ln() + ratio);
        let war = believed * firm + (1.0 - believed) * bluff;
        let resists = logit(self.precision * (-3.0 * war + 0.5 * (1.0 - war) + 1.0));
        let gain = [worth, little].map(|w| share * self.precision * (1.0 - resists + resists * w));
        (ln_logit(gain[0]) - ln_logit(gain[1]), gain.map(logit))
    }

    /// All equilibria as ratios, rising: sign changes on a dense grid, bisected.
    fn equilibria(&self) -> Vec<f64> {
        let excess = |ratio: f64| self.answered(ratio, 1.0).0 - ratio;
        let at = |k: i32| -30.0 + 60.0 * f64::from(k) / 6000.0;
        let mut found = Vec::new();
        let mut before = excess(at(0)) > 0.0;
        for k in 1..=6000 {
            let now = excess(at(k)) > 0.0;
            if now != before {
                let (mut a, mut b) = (at(k - 1), at(k));
                for _ in 0..60 {
                    let middle = 0.5 * (a + b);
                    if (excess(middle) > 0.0) == before {
                        a = middle
                    } else {
                        b = middle
                    }
                }
                found.push(0.5 * (a + b));
            }
            before = now;
        }
        found
    }

    /// The end of the path from uniform play: of three equilibria the first or the last, the other of which
    /// shares an arc with the middle one. It is the first if, with the share of the precision beside it,
    /// the ratios between the first two lie in one region with the high ratios at precision 0, as is found
    /// by filling that region square by square.
    fn principal(&self, equilibria: &[f64]) -> f64 {
        let &[first, middle, last] = equilibria else {
            assert_eq!(equilibria.len(), 1, "{equilibria:?}");
            return equilibria[0];
        };
        let (wide, high) = (400, 200);
        let (low, top) = (first.min(0.0) - 1.0, last.max(0.0) + 1.0);
        let ratio = |i: usize| low + (top - low) * i as f64 / wide as f64;
        let above =
            |i: usize, k: usize| self.answered(ratio(i), k as f64 / high as f64).0 < ratio(i);
        let mut seen = vec![false; (wide + 1) * (high + 1)];
        let mut open = vec![(wide, 0)];
        while let Some((i, k)) = open.pop() {
            let cell = &mut seen[i * (high + 1) + k];
            if *cell || !above(i, k) {
                continue;
            }
            *cell = true;
            let beside = [
                (i.wrapping_sub(1), k),
                (i + 1, k),
                (i, k.wrapping_sub(1)),
                (i, k + 1),
            ];
            open.extend(beside.iter().filter(|(i, k)| *i <= wide && *k <= high));
        }
        let joined = (0..=wide)
            .filter(|i| (first..middle).contains(&ratio(*i)))
            .any(|i| seen[i * (high + 1) + high]);
        if joined { first } else { last }
    }
}

/// Over costs and precisions: every belief of the grid at which the scan finds several equilibria is
/// listed with another than the one played, no other belief is, what is listed is an equilibrium of the
/// scan, and what is played the one at the end of the path.
#[test]
fn all_beliefs_with_several_equilibria_are_found() {
    let (mut several, mut jumps, mut worst) = (0, 0, 0.0f64);
    for precision in [2.0, 3.0, 4.0, 5.0] {
        let mut counts = Vec::new();
        for audience in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.4] {
            let game = game(&[("precision", precision), ("audience", audience)]);
            let demand = place(&game, "challenger.challenge");
            let solution = solved(&game);
            assert!(
                certify(&game, &solution, 0, &Silent)
                    .expect("checked")
                    .holds()
            );
            let listed: Vec<(f64, f64)> = (solution.report.others.iter())
                .filter(|o| o.state.ends_with("open"))
                .map(|o| {
                    let [resolved, bluffing] = [0, 1].map(|t| o.strategies[0][t][demand]);
                    (o.belief[0][0], (resolved / bluffing).ln())
                })
                .collect();
            assert_eq!(listed.len() as u64, solution.report.multiple);
            let mut expected = 0;
            for k in 1..BELIEF_POINTS - 1 {
                let resolved = solution.grid.axis.share(k);
                let crisis = Crisis {
                    precision,
                    audience,
                    resolved,
                };
                let equilibria = crisis.equilibria();
                let played = solution
                    .strategy(
                        &game,
                        0,
                        0,
                        game.start,
                        &[vec![resolved, 1.0 - resolved], vec![1.0]],
                    )
                    .expect("a choice");
                let principal = crisis.principal(&equilibria);
                let [first, second] = crisis.answered(principal, 1.0).1;
                worst = worst.max((played[0][demand] - first).abs());
                worst = worst.max((played[1][demand] - second).abs());
                let here = listed.iter().find(|(b, _)| (b - resolved).abs() < 1e-12);
                let about = format!("λ {precision}, cost {audience}, resolved {resolved}");
                assert_eq!(
                    here.is_some(),
                    equilibria.len() > 1,
                    "{about}: {equilibria:?}"
                );
                if let Some((_, other)) = here {
                    expected += 1;
                    let mut beside = equilibria.iter().filter(|x| **x != principal);
                    assert!(
                        beside.any(|x| (x - other).abs() < 1e-6),
                        "{about}: {other} is not among {equilibria:?}"
                    );
                }
            }
            assert_eq!(listed.len(), expected);
            // The branch jumps at one belief, or not at all.
            let here = solution.report.jumps.len();
            assert_eq!(
                here,
                usize::from(expected > 0),
                "λ {precision}, cost {audience}"
            );
            several += expected;
            jumps += here;
            counts.push(expected);
        }
        println!("λ {precision}: beliefs with several, by cost {counts:?}");
        // Noisy play has one equilibrium; dearer bluffs have fewer with several, and from the cost of war
        // to the resolved on none.
        assert!(counts.windows(2).all(|w| w[1] <= w[0]), "{counts:?}");
        assert!(counts[5] == 0 && counts[6] == 0, "{counts:?}");
        assert_eq!(counts[0] > 0, precision > 2.0, "{counts:?}");
    }
    println!(
        "{several} beliefs with several equilibria, {jumps} jumps; play differs by {worst:.1e}"
    );
    assert!(worst < 1e-6);
}

/// Where a move stands among those of the start.
fn place(game: &Game, name: &str) -> usize {
    let Phase::Move(moves) = &game.phases[0] else {
        panic!("the challenger moves first");
    };
    let node = moves.node_state.binary_search(&game.start).expect("a node");
    let labels = moves.node_moves[node][0].iter();
    let found = labels
        .map(|l| &game.labels[*l as usize])
        .position(|l| l == name);
    found.expect("a move")
}
