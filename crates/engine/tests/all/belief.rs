//! Interpolation over beliefs.

use climbdown_engine::belief::{Axis, Footprint};

#[test]
fn stencils_reproduce_functions_that_are_smooth_in_the_share() {
    for (points, width, tolerance) in [
        (33, 4, 1e-3),
        (33, 8, 3e-5),
        (129, 8, 2e-8),
        (5, 5, 5e-2),
        (9, 9, 5e-2),
        (17, 17, 1e-3),
    ] {
        let axis = Axis::new(points, width);
        let f = |u: f64| (3.0 * u).sin() / (1.0 + 4.0 * u * u);
        let table: Vec<f64> = (0..points).map(|k| f(axis.share(k))).collect();
        let mut footprint = Footprint::default();
        let mut worst = 0.0f64;
        for n in 0..=1000 {
            let u = n as f64 / 1000.0;
            let stencil = axis.stencil(axis.angle(u / (1.0 - u)));
            assert!((stencil.weight[..stencil.width].iter().sum::<f64>() - 1.0).abs() < 1e-12);
            footprint.tensor(points, &[stencil]);
            worst = worst.max((footprint.value(&table) - f(u)).abs());
        }
        assert!(
            worst < tolerance,
            "{points} points, width {width}: {worst:e}"
        );
    }
}

#[test]
fn slopes_are_derivatives() {
    for axis in [Axis::new(17, 6), Axis::new(17, 17)] {
        let table: Vec<f64> = (0..17).map(|k| axis.share(k).powi(2)).collect();
        let mut footprint = Footprint::default();
        for n in 1..50 {
            let t = n as f64 * 0.06;
            let h = 1e-6;
            let at = |t: f64, footprint: &mut Footprint| {
                footprint.tensor(17, &[axis.stencil(t)]);
                footprint.value(&table)
            };
            let numeric = (at(t + h, &mut footprint) - at(t - h, &mut footprint)) / (2.0 * h);
            footprint.tensor(17, &[axis.stencil(t)]);
            assert!((footprint.slope(0, &table) - numeric).abs() < 1e-7);
        }
        let k = 5;
        footprint.tensor(17, &[axis.stencil(axis.step * k as f64)]);
        assert!((footprint.value(&table) - table[k]).abs() < 1e-12);
    }
}

#[test]
fn weights_without_slopes_are_those_with_them() {
    for (points, width) in [(3, 2), (5, 4), (9, 6), (9, 9), (33, 16)] {
        let axis = Axis::new(points, width);
        for odds in [0.0, 1e-300, 1e-9, 0.02, 1.0, 3.5, 1e12, f64::INFINITY] {
            let stencil = axis.stencil(axis.angle(odds));
            let (mut one, mut other) = (Footprint::default(), Footprint::default());
            one.tensor(points, &[stencil, stencil]);
            other.product(points, [axis.weights(odds); 2].into_iter());
            assert_eq!(one.index, other.index, "{points} {width} {odds}");
            assert_eq!(one.weight, other.weight, "{points} {width} {odds}");
        }
    }
}

#[test]
fn angles_and_shares_invert_each_other() {
    for points in [4, 5, 8, 9, 17, 65] {
        let axis = Axis::new(points, 17);
        for k in 0..points {
            let u = axis.share(k);
            let t = axis.angle(u / (1.0 - u));
            let place = std::f64::consts::PI * k as f64 / (points - 1) as f64;
            assert!((t - place).abs() < 1e-9, "{points} {k}");
        }
        for odds in [0.0, 1e-8, 0.3, 1.0, 7.0, 1e9, f64::INFINITY] {
            let (t, slope) = (axis.angle(odds), axis.angle_slope(odds));
            assert!((slope - t.sin() / (2.0 * axis.power as f64)).abs() < 1e-15);
            assert!((axis.cosine_at(odds) - t.cos()).abs() < 1e-15);
        }
    }
}

/// Three of five points close to certainty and the middle would leave little for beliefs between.
#[test]
fn few_points_lie_where_beliefs_move() {
    let five = Axis::new(5, 5);
    assert!((five.share(1) - 0.146_446_609_406_726).abs() < 1e-12);
    let nine = Axis::new(9, 9);
    assert!(nine.share(2) < 0.03 && nine.share(3) > 0.14);
}

#[test]
fn a_located_stencil_is_that_of_the_weights() {
    for (points, width) in [(3, 2), (5, 4), (9, 6), (33, 6)] {
        let axis = Axis::new(points, width);
        let stencils = axis.stencils();
        assert_eq!(stencils.len(), (points - 1) * axis.width);
        for odds in [0.0, 1e-9, 0.003, 0.4, 1.0, 7.0, 1e8, f64::INFINITY] {
            let mut located = vec![f64::NAN; axis.width];
            let stencil = axis.locate(odds, &mut located) as usize;
            let weights = axis.weights(odds);
            assert_eq!(
                (
                    &stencils[stencil * axis.width..][..axis.width],
                    &located[..]
                ),
                weights.parts(),
                "{points} points, odds {odds}"
            );
        }
    }
}
