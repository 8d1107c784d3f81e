//! Small pieces of arithmetic that everything else stands on.

use climbdown_engine::analyse::base_rates::{NINETY, wilson};
use climbdown_engine::analyse::causes::weights;
use climbdown_engine::analyse::range::{Spread, quantile};
use climbdown_engine::analyse::roots::{Crossing, crossing};
use climbdown_engine::analyse::split::{mask, parts};
use climbdown_engine::forecast::avoided::Avoided;
use climbdown_engine::forecast::history::History;
use climbdown_engine::math::lanes::{Lane, W, exp, ln};
use climbdown_engine::math::{largest, log_sum_exp, solve_linear};
use climbdown_engine::simulate::philox::{Draws, Purpose, Steps, philox, uniform};
use climbdown_engine::solve::path::{Equations, follow_equations};
use climbdown_engine::textbook::{Way, holds};

#[test]
fn linear_system_and_sign_of_the_determinant() {
    let mut a = vec![0.0, 2.0, 1.0, 1.0];
    let mut b = vec![4.0, 5.0];
    assert_eq!(solve_linear(&mut a, &mut b), Some(-1.0));
    assert_eq!(b, vec![3.0, 2.0]);
    let mut singular = vec![1.0, 1.0, 1.0, 1.0];
    assert_eq!(solve_linear(&mut singular, &mut [1.0, 2.0]), None);
}

#[test]
fn log_sum_exp_does_not_overflow() {
    assert!((log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + 2.0_f64.ln())).abs() < 1e-12);
    assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
}

#[test]
fn the_largest_passes_over_nothing() {
    assert_eq!(largest([0.5, 2.0, 1.0]), 2.0);
    assert_eq!(largest([]), 0.0);
    assert!(largest([0.5, f64::NAN, 1.0]).is_nan());
    assert!(largest([f64::NAN]).is_nan());
}

#[test]
fn exp_and_ln_are_within_two_units_in_the_last_place() {
    let mut worst = (0.0f64, 0.0f64);
    for n in -7000..7000 {
        let base = f64::from(n) * 0.1001;
        let x = Lane::of(|w| base + 0.01 * w as f64);
        let e = exp(&x);
        let l = ln(&e);
        for w in 0..W {
            let exact = libm::exp(x[w]);
            worst.0 = worst.0.max(((e[w] - exact) / exact).abs());
            let exact = libm::log(e[w]);
            worst.1 = worst.1.max((l[w] - exact).abs() / exact.abs().max(1.0));
        }
    }
    assert!(worst.0 < 5e-16 && worst.1 < 5e-16, "{worst:?}");
    assert!(ln(&Lane::ZERO)[0].is_nan() && ln(&Lane::splat(-1.0))[0].is_nan());
    assert_eq!(
        exp(&Lane::splat(f64::NEG_INFINITY))[0],
        exp(&Lane::splat(-708.0))[0]
    );
    assert!(exp(&Lane::splat(f64::NAN))[0].is_nan());
}

#[test]
fn known_answers_of_random123() {
    assert_eq!(
        philox([0; 4], [0; 2]),
        [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
    );
    assert_eq!(
        philox([u32::MAX; 4], [u32::MAX; 2]),
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    );
    assert_eq!(
        philox(
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0]
        ),
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    );
}

#[test]
fn numbers_made_eight_at_once_are_those_made_alone() {
    for seed in [0, 7, u64::MAX] {
        let draws = Draws::of(seed);
        for trajectory in [0, 3, 1 << 40] {
            let mut steps = Steps::of(trajectory);
            for step in (0..70).chain([12, 3, 1_000_003]) {
                assert_eq!(
                    steps.pair(&draws, step),
                    draws.pair(trajectory, step, Purpose::Step)
                );
            }
        }
    }
}

#[test]
fn uniform_is_below_one() {
    assert!(uniform(u32::MAX, u32::MAX) < 1.0);
    assert_eq!(uniform(0, 0), 0.0);
    assert_eq!(uniform(1 << 31, 0), 0.5);
}

#[test]
fn quantiles_lie_between_order_statistics() {
    let spread = Spread::of((0..=10).map(f64::from).rev()).expect("numbers");
    assert_eq!((spread.least, spread.low, spread.median), (0.0, 1.0, 5.0));
    assert_eq!((spread.high, spread.most, spread.mean), (9.0, 10.0, 5.0));
    assert_eq!(quantile(&[1.0, 3.0], 0.25), 1.5);
    assert_eq!(quantile(&[7.0], 0.9), 7.0);
    assert!(quantile(&[], 0.5).is_nan());
    assert!(Spread::of([]).is_none());
}

fn root(f: impl Fn(f64) -> f64, a: f64, b: f64) -> Crossing {
    let checked = |x| Ok::<f64, ()>(f(x));
    let found = crossing(checked, (a, f(a)), (b, f(b)), 1e-12);
    found.expect("no error").expect("a sign change")
}

#[test]
fn roots_are_found_to_the_tolerance_in_few_steps() {
    for (f, a, b, at) in [
        (
            Box::new(|x: f64| x * x - 2.0) as Box<dyn Fn(f64) -> f64>,
            0.0,
            2.0,
            2f64.sqrt(),
        ),
        (Box::new(|x: f64| x.exp() - 5.0), -3.0, 9.0, 5f64.ln()),
        (Box::new(|x: f64| (x - 0.3).powi(3)), 1.0, -2.0, 0.3),
        (Box::new(|x: f64| 1.0 - 2.0 * x), 0.0, 1.0, 0.5),
    ] {
        let found = root(f, a, b);
        assert!((found.at - at).abs() < 1e-9, "{found:?} for {at}");
        assert!(found.evaluations < 100, "{found:?}");
    }
    assert!(root(|x| x.exp() - 5.0, -3.0, 9.0).evaluations < 16);
}

#[test]
fn a_jump_is_found_and_known_by_its_value() {
    let found = root(|x| if x < 0.7 { -1.0 } else { 3.0 }, 0.0, 1.0);
    assert!((found.at - 0.7).abs() < 1e-11);
    assert!(found.value.abs() >= 1.0);
}

#[test]
fn ends_are_roots_and_equal_signs_are_none() {
    let f = |x: f64| Ok::<f64, ()>(x);
    assert_eq!(
        crossing(f, (0.0, 0.0), (1.0, 1.0), 1e-9),
        Ok(Some(Crossing {
            at: 0.0,
            value: 0.0,
            evaluations: 0
        }))
    );
    assert_eq!(crossing(f, (1.0, 1.0), (2.0, 2.0), 1e-9), Ok(None));
    assert_eq!(crossing(f, (1.0, f64::NAN), (2.0, 2.0), 1e-9), Ok(None));
    assert_eq!(crossing(|_| Err(7), (-1.0, -1.0), (2.0, 2.0), 1e-9), Err(7));
}

#[test]
fn shares_add_up_and_are_those_of_a_sum_where_nothing_interacts() {
    let v: Vec<f64> = (0..8u32)
        .map(|s| f64::from(s & 1) * 3.0 - f64::from(s >> 1 & 1) * 2.0 + f64::from(s >> 2) * 0.5)
        .collect();
    let found = parts(&v);
    for (share, expected) in found.shares.iter().zip([3.0, -2.0, 0.5]) {
        assert!((share - expected).abs() < 1e-12);
    }
    // Two that count only together share what they do.
    let found = parts(&[1.0, 1.0, 1.0, 0.0]);
    assert_eq!(found.shares, [-0.5, -0.5]);
}

#[test]
fn sets_have_places_of_their_own() {
    let mut seen: Vec<usize> = (0..4)
        .flat_map(|set| [false, true].map(|b| mask(set, b, true)))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..8).collect::<Vec<_>>());
    assert_eq!(mask(3, false, false), 3);
}

#[test]
fn weights_of_all_sets_without_one_switch_add_to_one() {
    for n in 1..=10usize {
        let weights = weights(n);
        let total: f64 = (0..1usize << (n - 1))
            .map(|set| weights[set.count_ones() as usize])
            .sum();
        assert!((total - 1.0).abs() < 1e-12, "{n}: {total}");
    }
}

/// Newcombe, Statistics in Medicine 17, 1998, prints 95 % intervals; at 90 % the ends solve
/// (share - p)^2 = z^2 p (1 - p) / n, which is checked here.
#[test]
fn ends_of_the_interval_solve_their_equation() {
    for (cases, all) in [(0, 29), (1, 29), (15, 148), (75, 413), (29, 29)] {
        let n = f64::from(all);
        let share = f64::from(cases) / n;
        let (low, high) = wilson(cases, all);
        assert!(low <= share && share <= high);
        for p in [low, high] {
            let off = (share - p).powi(2) - NINETY.powi(2) * p * (1.0 - p) / n;
            assert!(off.abs() < 1e-12, "{cases} of {all}: {p} is off by {off}");
        }
    }
}

#[test]
fn histories_follow_from_what_was_avoided() {
    let history = History {
        mask: vec![0, 0b010, 0b1000, 0b1010, 0b0101],
        absorbing: 0b0001,
        watched: 0b1111,
        carried: 0b1010,
        open: vec![2],
    };
    let avoided = Avoided::of(&history);
    assert_eq!(avoided.parts, [0, 0b0010, 0b1000, 0b1010, 0b0100]);
    assert_eq!(avoided.insides, [0, 0b0010, 0b0100, 0b1000, 0b1010]);
    assert_eq!((avoided.part_of(0), avoided.part_of(2)), (0, 4));
    // 1 has seen nothing, 2 the first set, 4 the second, 8 both.
    let mut found = Vec::new();
    avoided.histories(&[15.0, 5.0, 3.0, 1.0], |bits, mass| {
        found.push((bits, mass))
    });
    assert_eq!(
        found,
        [(0, 1.0), (0b0010, 2.0), (0b1000, 4.0), (0b1010, 8.0)]
    );

    // A part may exceed the whole by grid error; the sum stays that of the whole.
    let mut sum = 0.0;
    avoided.histories(&[1.0, 1.25, 1.0, 1.25], |_, mass| sum += mass);
    assert_eq!(sum, 1.0);
}

#[test]
fn a_claim_holds_only_where_the_numbers_go_its_way_and_far_enough() {
    let theorem = [0.0, 0.5, 1.0];
    for (column, expected) in [
        ([0.0, 0.5, 1.0], true),
        ([0.2, 0.195, 0.8], true),
        ([0.2, 0.1, 0.9], false),
        ([0.3, 0.4, 0.7], false),
        ([1.0, 0.5, 0.0], false),
        ([f64::NAN, 0.5, 1.0], false),
    ] {
        assert_eq!(holds(&column, &theorem, Way::Rises), expected, "{column:?}");
    }
    assert!(holds(&[1.0, 0.4, 0.1], &[1.0, 1.0, 0.0], Way::Falls));
    // What does not move, or is no number, shows nothing.
    assert!(!holds(&[0.5, 0.5], &[0.5, 0.5], Way::Rises));
}

/// A curve with kinks: κ = z(x₀) and x₁ = w(x₀) with z and w piecewise linear.
struct Zigzag {
    knots: Vec<[f64; 3]>,
    step: [f64; 2],
    slopes: [f64; 2],
}

impl Zigzag {
    /// Rises and falls of κ in turn, which never come back to 0, until it is above 1.
    fn random(seed: u32) -> Self {
        let mut draws = 0;
        let mut unit = || {
            draws += 1;
            let [high, low, ..] = philox([draws, 0, 0, 0], [seed, 0]);
            uniform(high, low)
        };
        let mut knots = vec![[0.0; 3]];
        while knots[knots.len() - 1][1] < 1.0 {
            let [x, z, w] = knots[knots.len() - 1];
            let to = if knots.len().is_multiple_of(2) {
                0.1 * z + 0.8 * z * unit()
            } else {
                z + 0.6 * unit()
            };
            knots.push([x + 0.2 + unit(), to, w + 6.0 * (unit() - 0.5)]);
        }
        Self {
            knots,
            step: [0.0; 2],
            slopes: [0.0; 2],
        }
    }

    fn at(&self, x: f64) -> [[f64; 2]; 2] {
        let last = self.knots.len() - 2;
        let piece = self.knots[1..]
            .iter()
            .position(|k| x < k[0])
            .unwrap_or(last);
        let (a, b) = (self.knots[piece], self.knots[piece + 1]);
        let slope = |i: usize| (b[i] - a[i]) / (b[0] - a[0]);
        [1, 2].map(|i| [a[i] + slope(i) * (x - a[0]), slope(i)])
    }
}

impl Equations for Zigzag {
    fn evaluate(&mut self, x: &[f64], kappa: f64) {
        let [[z, dz], [w, dw]] = self.at(x[0]);
        self.step = [kappa - z, w - x[1]];
        self.slopes = [dz, dw];
    }

    fn step(&self) -> &[f64] {
        &self.step
    }

    fn by_kappa(&mut self) -> &[f64] {
        &[1.0, 0.0]
    }

    fn copy_system(&mut self, out: &mut Vec<f64>) {
        out.clear();
        out.extend([self.slopes[0], 0.0, -self.slopes[1], 1.0]);
    }
}

#[test]
fn a_path_with_kinks_is_followed_to_its_end() {
    let (mut turns, mut sharpest) = (0, 1.0f64);
    for seed in 0..300 {
        let mut curve = Zigzag::random(seed);
        let mut x = [0.0; 2];
        let path = follow_equations(&mut curve, &mut x);
        // The first crossing is on the last piece, as the others end below 1.
        let (from, to) = (
            curve.knots[curve.knots.len() - 2],
            curve.knots[curve.knots.len() - 1],
        );
        let share = (1.0 - from[1]) / (to[1] - from[1]);
        let end = [0, 2].map(|i| from[i] + share * (to[i] - from[i]));
        assert!(path.residual <= 1e-9, "curve {seed}: {path:?}");
        assert!(
            (x[0] - end[0]).abs() < 1e-8 && (x[1] - end[1]).abs() < 1e-8,
            "curve {seed}: {x:?}, not {end:?}"
        );
        assert_eq!(path.folds as usize, curve.knots.len() - 2, "curve {seed}");
        assert_eq!(path.crossings, 0, "curve {seed}");
        turns += path.folds;
        for three in curve.knots.windows(3) {
            let leg = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|i| b[i] - a[i]);
            let (a, b) = (leg(three[0], three[1]), leg(three[1], three[2]));
            let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            sharpest = sharpest.min(dot(a, b) / (dot(a, a) * dot(b, b)).sqrt());
        }
    }
    println!("{turns} turns at kinks, the sharpest by a cosine of {sharpest:.3}");
    assert!(turns > 300 && sharpest < -0.5);
}
