//! The oracle against published figures. Origin of the tables: agent logit equilibria computed
//! with Gambit (pygambit 17.0.0b2) and polished with an independent residual code to 5e-16; printed to 12 digits
//! (brinkmanship 8).

use crate::oracle;

use oracle::classic;
use oracle::tables::{BRINKMANSHIP_SIX, CRISIS_A, CRISIS_C, TWO_STATES};
use oracle::tree::{Content, Tree};
use serde_json::Value;

const LIMIT: usize = 10_000;

/// Probability of move 0 at the information set of `kind` at the history in `state` and `phase`.
fn first_move(solved: &oracle::Solved, state: usize, phase: usize, kind: usize) -> f64 {
    let tree: &Tree = &solved.tree;
    let probability = tree.probabilities(&solved.x);
    let set = tree
        .sets
        .iter()
        .find(|s| {
            let node = &tree.nodes[s.node];
            node.state == state && node.phase == phase && s.kind == kind
        })
        .expect("an information set");
    probability[set.slot]
}

/// Values at the start: by seat.
fn root_values(solved: &oracle::Solved) -> Vec<f64> {
    let point = solved.tree.evaluate(&solved.x, 1.0);
    point.value[..solved.tree.seats].to_vec()
}

fn solve(game: &Value) -> oracle::Solved {
    let solved = oracle::solve(game, LIMIT).expect("solved");
    assert!(solved.residual < 1e-12, "residual {:e}", solved.residual);
    solved
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found} against {expected}"
    );
}

#[test]
fn crisis_a() {
    for (precision, row) in CRISIS_A {
        let solved = solve(&classic::crisis_a(precision));
        let value = root_values(&solved);
        let found = [
            first_move(&solved, 0, 0, 0),
            first_move(&solved, 1, 1, 0),
            first_move(&solved, 2, 2, 0),
            first_move(&solved, 0, 0, 1),
            first_move(&solved, 2, 2, 1),
            0.3 * value[0] + 0.7 * value[1],
            value[2],
        ];
        for (k, (f, e)) in found.iter().zip(row).enumerate() {
            close(*f, e, 6e-13, &format!("λ = {precision}, column {k}"));
        }
    }
}

#[test]
fn crisis_c() {
    for (precision, row) in CRISIS_C {
        let solved = solve(&classic::crisis_c(precision));
        let value = root_values(&solved);
        let found = [
            first_move(&solved, 0, 0, 0),
            first_move(&solved, 1, 1, 0),
            first_move(&solved, 3, 0, 0),
            first_move(&solved, 4, 1, 0),
            first_move(&solved, 6, 0, 0),
            first_move(&solved, 0, 0, 1),
            first_move(&solved, 3, 0, 1),
            first_move(&solved, 6, 0, 1),
            0.3 * value[0] + 0.7 * value[1],
            value[2],
        ];
        for (k, (f, e)) in found.iter().zip(row).enumerate() {
            close(*f, e, 6e-13, &format!("λ = {precision}, column {k}"));
        }
    }
}

#[test]
fn six_round_brinkmanship() {
    for (precision, row) in BRINKMANSHIP_SIX {
        let solved = solve(&classic::brinkmanship_six(precision));
        let value = root_values(&solved);
        let found = [
            first_move(&solved, 0, 0, 0),
            first_move(&solved, 0, 0, 1),
            first_move(&solved, 1, 1, 0),
            value[0],
            value[1],
            value[2],
        ];
        for (k, (f, e)) in found.iter().zip(row).enumerate() {
            close(*f, e, 6e-9, &format!("λ = {precision}, column {k}"));
        }
    }
}

/// First-round P(x) of both; discounting λ agrees with Gambit on the unrolled tree, constant λ is
/// the default.
#[test]
fn two_states() {
    for (precision, discounted, constant) in TWO_STATES {
        // Gambit's own figures stand up to 4.4e-12 from the exact ones.
        for (scale, row, tolerance) in [(true, discounted, 5e-12), (false, constant, 6e-13)] {
            let solved = solve(&classic::two_states(precision, scale));
            let probability = solved.tree.probabilities(&solved.x);
            let Content::Move(root) = &solved.tree.nodes[0].content else {
                panic!("the root is a move")
            };
            for (mover, expected) in root.movers.iter().zip(row) {
                let slot = solved.tree.sets[mover.first_set].slot;
                close(
                    probability[slot],
                    expected,
                    tolerance,
                    &format!("λ = {precision}"),
                );
            }
        }
    }
}

#[test]
fn chicken_before_the_bifurcation() {
    for (precision, expected) in [(0.5, 0.417180099378), (0.9, 0.382748990610)] {
        let solved = solve(&classic::chicken(precision));
        let probability = solved.tree.probabilities(&solved.x);
        for set in &solved.tree.sets {
            close(probability[set.slot], expected, 6e-13, "dare");
        }
    }
}
