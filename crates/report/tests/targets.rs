//! The oracle against published figures. Origin of the tables: agent logit equilibria computed
//! with Gambit (pygambit 17.0.0b2) and polished with an independent residual code to 5e-16; printed to 12 digits
//! (brinkmanship 8).

mod oracle;

use oracle::classic;
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

/// λ, then the five choices and the two values.
const CRISIS_A: [(f64, [f64; 7]); 6] = [
    (
        0.5,
        [
            0.540364118211,
            0.541647790007,
            0.512497396484,
            0.517383303663,
            0.413382421083,
            0.102847095120,
            0.570557226594,
        ],
    ),
    (
        1.0,
        [
            0.562174478125,
            0.601207989465,
            0.524979187479,
            0.519686792194,
            0.331812227832,
            0.070823221576,
            0.598969498623,
        ],
    ),
    (
        2.0,
        [
            0.537934755471,
            0.742146258205,
            0.549833997312,
            0.466273253780,
            0.197816111441,
            -0.009782285988,
            0.703572048352,
        ],
    ),
    (
        5.0,
        [
            0.282024797515,
            0.958904549587,
            0.622459331202,
            0.208951637316,
            0.029312230751,
            -0.054755660798,
            0.908594737291,
        ],
    ),
    (
        10.0,
        [
            0.101153347612,
            0.993115409643,
            0.731058578630,
            0.051327655321,
            0.000911051194,
            -0.017109004836,
            0.966446997871,
        ],
    ),
    (
        20.0,
        [
            0.096222152227,
            0.917548956226,
            0.880797077978,
            0.020708531709,
            0.000000831528,
            -0.006027983548,
            0.961430762530,
        ],
    ),
];

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

/// λ, then the eight choices (round by round, resolved, defender, bluffing) and the two values.
const CRISIS_C: [(f64, [f64; 10]); 5] = [
    (
        0.5,
        [
            0.556865528251,
            0.543034591857,
            0.570149568807,
            0.517987842882,
            0.549833997312,
            0.541603195185,
            0.536879047424,
            0.450166002688,
            0.202803715512,
            0.556182360631,
        ],
    ),
    (
        1.0,
        [
            0.606891634145,
            0.577893362124,
            0.633166669873,
            0.539583862753,
            0.598687660112,
            0.571104148550,
            0.565924569240,
            0.401312339888,
            0.193543484373,
            0.523783675035,
        ],
    ),
    (
        2.0,
        [
            0.687238442352,
            0.633218611923,
            0.732658646007,
            0.586382727694,
            0.689974481128,
            0.598877561707,
            0.598282883545,
            0.310025518872,
            0.165161804573,
            0.482733642326,
        ],
    ),
    (
        5.0,
        [
            0.838587417081,
            0.720832242648,
            0.901782486765,
            0.667529304615,
            0.880797077978,
            0.563512742911,
            0.618128597120,
            0.119202922022,
            0.103058591196,
            0.442313626230,
        ],
    ),
    (
        10.0,
        [
            0.962939793116,
            0.739379158316,
            0.986077019621,
            0.700412050182,
            0.982013790038,
            0.534381380910,
            0.649775163865,
            0.017986209962,
            0.099254269413,
            0.388163351821,
        ],
    ),
];

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
    let table = [
        (
            2.0,
            [
                0.75147053, 0.70545476, 0.66001993, 0.41574001, 0.30807564, 0.43820296,
            ],
        ),
        (
            8.0,
            [
                0.99618723, 0.98332734, 0.57108659, 0.69304488, 0.50114932, 0.03298955,
            ],
        ),
    ];
    for (precision, row) in table {
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
    let table = [
        (
            0.5,
            [0.515360097707, 0.495484435484],
            [0.515444066052, 0.495339977934],
        ),
        (
            1.0,
            [0.538043498361, 0.479428668186],
            [0.539155679161, 0.478226854379],
        ),
        (
            2.0,
            [0.720139117816, 0.300830446042],
            [0.762787084399, 0.263602508034],
        ),
        (
            5.0,
            [0.997763766894, 0.011898620684],
            [0.997776445468, 0.012295528682],
        ),
    ];
    for (precision, discounted, constant) in table {
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
