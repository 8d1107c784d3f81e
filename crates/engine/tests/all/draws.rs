//! Futures: points, quantiles and structures.

use climbdown_engine::analyse::draws::{Alternative, choose, coordinate, quantile};
use climbdown_engine::analyse::variation::Variation;
use climbdown_lang::scenario::Parameter;

#[test]
fn every_slice_of_every_coordinate_is_met_once() {
    for dimension in [0usize, 1, 7, 144, 255, 256, 300, 600] {
        for seed in [0u32, 1, 77] {
            let mut met = [false; 64];
            for index in 0..64 {
                let slice = (coordinate(index, dimension, seed) * 64.0) as usize;
                assert!(
                    !met[slice],
                    "dimension {dimension}, seed {seed}: {slice} twice"
                );
                met[slice] = true;
            }
        }
    }
}

#[test]
fn pairs_of_coordinates_are_spread_better_than_by_chance() {
    // Mean of the product of centred coordinates, whose expectation is 0; random points would
    // err by 1/12/√64 = 0.0104 on average in size.
    let (mut total, mut pairs) = (0.0, 0);
    for a in 0..40usize {
        for b in a + 1..40 {
            let mean: f64 = (0..64)
                .map(|i| (coordinate(i, a, 5) - 0.5) * (coordinate(i, b, 5) - 0.5))
                .sum::<f64>()
                / 64.0;
            total += mean.abs();
            pairs += 1;
        }
    }
    assert!(
        total / f64::from(pairs) < 0.0104 * 0.8,
        "{}",
        total / f64::from(pairs)
    );
}

#[test]
fn another_seed_gives_other_points_and_the_same_seed_the_same() {
    assert_eq!(coordinate(3, 9, 4).to_bits(), coordinate(3, 9, 4).to_bits());
    assert!((0..8).any(|i| coordinate(i, 9, 4) != coordinate(i, 9, 5)));
    // Blocks of coordinates are not copies of each other.
    assert!((0..8).any(|i| coordinate(i, 3, 4) != coordinate(i, 259, 4)));
}

fn ranged(low: f64, central: f64, high: f64) -> Parameter {
    Parameter {
        name: "p".into(),
        low,
        central,
        high,
        unit: String::new(),
        scale: 1.0,
        text: String::new(),
        source: String::new(),
        grade: None,
        known_by: None,
        switch: false,
        span: climbdown_lang::Span::default(),
    }
}

#[test]
fn the_central_value_is_the_median_and_the_ends_are_the_ends() {
    for (low, central, high) in [
        (0.0, 1.0, 2.0),
        (0.3, 0.4, 2.0),
        (1.0, 1.0, 3.0),
        (0.0, 2.0, 2.0),
    ] {
        let p = ranged(low, central, high);
        assert_eq!(quantile(&p, 0.5), central);
        assert_eq!(quantile(&p, 0.0), low);
        assert_eq!(quantile(&p, 1.0), high);
        let mut last = low;
        for k in 0..=1000 {
            let x = quantile(&p, f64::from(k) / 1000.0);
            assert!(x >= last && x <= high);
            last = x;
        }
    }
}

#[test]
fn a_symmetric_range_is_the_triangular_distribution() {
    // F(x) = (x − low)²/2h² below the middle: a quarter of the way up lies at 1/8.
    let p = ranged(2.0, 4.0, 6.0);
    for (u, x) in [(1.0 / 8.0, 3.0), (7.0 / 8.0, 5.0), (0.5 * 0.36, 2.0 + 1.2)] {
        assert!((quantile(&p, u) - x).abs() < 1e-12, "{u}");
    }
    // Variance h²/6.
    let n = 100_000;
    let variance = (0..n)
        .map(|k| (quantile(&p, (f64::from(k) + 0.5) / f64::from(n)) - 4.0).powi(2))
        .sum::<f64>()
        / f64::from(n);
    assert!((variance - 4.0 / 6.0).abs() < 1e-6, "{variance}");
}

#[test]
fn structures_are_drawn_by_their_weights() {
    let alternative = |name: &str, weight: f64| Alternative {
        variation: Variation::new(name, Vec::new()),
        label: name.into(),
        weight,
    };
    let list = [
        alternative("a", 0.25),
        alternative("b", 0.0),
        alternative("c", 0.75),
    ];
    let mut counts = [0; 3];
    for i in 0..64 {
        counts[choose(&list, coordinate(i, 0, 9))] += 1;
    }
    assert_eq!(counts, [16, 0, 48]);
}
