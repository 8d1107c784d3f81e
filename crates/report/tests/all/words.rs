//! Words of estimative probability.

use climbdown_report::words::*;

#[test]
fn every_whole_per_cent_has_the_directives_term() {
    let golden = [
        (0..=0, "less than 1 %"),
        (1..=4, "almost no chance"),
        (5..=19, "very unlikely"),
        (20..=44, "unlikely"),
        (45..=55, "roughly even chance"),
        (56..=80, "likely"),
        (81..=95, "very likely"),
        (96..=99, "almost certain"),
        (100..=100, "more than 99 %"),
    ];
    let mut seen = 0;
    for (range, term) in golden {
        for k in range {
            let p = f64::from(k) / 100.0;
            assert_eq!(Band::of(p).term(), term, "{k} %");
            seen += 1;
        }
    }
    assert_eq!(seen, 101);
}

#[test]
fn a_shared_end_point_goes_to_the_range_nearer_to_one_half() {
    for (p, band) in [
        (0.05, Band::VeryUnlikely),
        (0.20, Band::Unlikely),
        (0.45, Band::RoughlyEven),
        (0.55, Band::RoughlyEven),
        (0.80, Band::Likely),
        (0.95, Band::VeryLikely),
    ] {
        assert_eq!(Band::of(p), band, "{p}");
    }
}

#[test]
fn the_word_follows_the_number_as_printed() {
    // 44.9 % is printed as 45 %, and 45 % is a roughly even chance.
    assert_eq!(phrase(0.449), "roughly even chance (45 %)");
    assert_eq!(phrase(0.444), "unlikely (44 %)");
    assert_eq!(phrase(0.5549), "roughly even chance (55 %)");
    assert_eq!(phrase(0.0451), "very unlikely (5 %)");
}

#[test]
fn the_ends_are_bounds_and_never_zero_or_a_hundred() {
    for p in [0.0, 1e-300, 0.006, 0.009_999, -0.1, f64::NAN] {
        assert_eq!(phrase(p), "less than 1 %", "{p}");
    }
    for p in [1.0, 0.990_001, 0.996, 1.1] {
        assert_eq!(phrase(p), "more than 99 %", "{p}");
    }
    assert_eq!(phrase(0.01), "almost no chance (1 %)");
    assert_eq!(phrase(0.99), "almost certain (99 %)");
}

#[test]
fn terms_rise_with_the_probability() {
    let mut last = Band::LessThanOne;
    for k in 0..=10_000 {
        let band = Band::of(f64::from(k) / 10_000.0);
        assert!(band >= last, "{k}");
        last = band;
    }
    assert_eq!(last, Band::MoreThanNinetyNine);
}

#[test]
fn predicates_are_sentences() {
    assert_eq!(predicate(0.34), "is unlikely (34 %)");
    assert_eq!(predicate(0.5), "has a roughly even chance (50 %)");
    assert_eq!(predicate(0.03), "has almost no chance (3 %)");
    assert_eq!(predicate(0.002), "has a chance of less than 1 %");
    assert_eq!(predicate(0.97), "is almost certain (97 %)");
}

#[test]
fn a_range_says_both_words_when_it_crosses_bands() {
    assert_eq!(
        ranged_predicate(0.34, 0.22, 0.47),
        "is unlikely to roughly even chance (34 %; 22-47 % over the stated assumptions)"
    );
    assert_eq!(
        ranged_predicate(0.3, 0.22, 0.41),
        "is unlikely (30 %; 22-41 % over the stated assumptions)"
    );
    assert_eq!(
        ranged_predicate(0.03, 0.002, 0.09),
        "ranges from a chance of less than 1 % to very unlikely (3 %; less than 1 % to 9 % over the \
         stated assumptions)"
    );
    assert_eq!(
        ranged_predicate(0.1, 0.03, 0.3),
        "ranges from almost no chance to unlikely (10 %; 3-30 % over the stated assumptions)"
    );
    assert_eq!(
        ranged_predicate(0.001, 0.0, 0.002),
        "has a chance of less than 1 % (less than 1 %; less than 1 % over the stated assumptions)"
    );
    // One way of being sure, whichever end comes first.
    assert_eq!(
        ranged_predicate(0.34, 0.47, 0.22),
        ranged_predicate(0.34, 0.22, 0.47)
    );
}

#[test]
fn edges_are_where_the_word_changes() {
    for edge in EDGES {
        assert_ne!(Band::of(edge - 1e-9), Band::of(edge + 1e-9), "{edge}");
    }
    let mut changes = 0;
    let mut last = Band::of(0.0);
    for k in 1..=100_000 {
        let band = Band::of(f64::from(k) / 1e5);
        changes += usize::from(band != last);
        last = band;
    }
    assert_eq!(changes, EDGES.len());
}

#[test]
fn an_interval_that_crosses_ranges_prints_both_ends() {
    assert_eq!(
        interval(0.31, 0.52),
        "unlikely to roughly even chance, 31-52 %"
    );
    assert_eq!(interval(0.22, 0.44), "unlikely, 22-44 %");
    assert_eq!(interval(0.44, 0.22), "unlikely, 22-44 %");
    assert_eq!(interval(0.302, 0.304), "unlikely, 30 %");
    assert_eq!(
        interval(0.002, 0.03),
        "less than 1 % to almost no chance, up to 3 %"
    );
    assert_eq!(
        interval(0.9, 0.999),
        "very likely to more than 99 %, from 90 %"
    );
    assert_eq!(interval(0.0, 0.001), "less than 1 %");
    assert_eq!(interval(0.0, 1.0), "less than 1 % to more than 99 %");
}
