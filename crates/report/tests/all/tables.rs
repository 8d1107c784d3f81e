//! Numbers and tables as they are shown.

use climbdown_report::tables::*;

#[test]
fn numbers_keep_four_digits_and_no_more() {
    for (value, text) in [
        (0.0, "0"),
        (0.25, "0.25"),
        (1.0, "1"),
        (-12.345_6, "-12.35"),
        (123_456.0, "123456"),
        (0.000_012_3, "1.23e-5"),
        (0.012_344_9, "0.01234"),
        (3e9, "3.00e9"),
    ] {
        assert_eq!(number(value), text);
    }
}

#[test]
fn shown_shares_of_a_partition_add_to_a_hundred() {
    let third = [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0];
    assert_eq!(tenths(&third), [334, 333, 333]);
    let shares = [0.123_46, 0.000_04, 0.876_5];
    let shown = tenths(&shares);
    assert_eq!(shown.iter().sum::<i64>(), 1000);
    for (share, shown) in shares.iter().zip(&shown) {
        assert!((share * 1000.0 - *shown as f64).abs() <= 1.0);
    }
    assert_eq!(tenths_text(shown[0]), "12.3 %");
}

#[test]
fn many_equal_shares_still_add_up() {
    for n in 1..200usize {
        let shares = vec![1.0 / n as f64; n];
        assert_eq!(tenths(&shares).iter().sum::<i64>(), 1000, "{n}");
    }
}

#[test]
fn whole_per_cents_beside_each_other_add_to_a_hundred() {
    // Each rounded alone: 3 + 2 + 5 + 9 + 3 + 79 = 101.
    let shares = [0.026_5, 0.018_2, 0.054_7, 0.091_6, 0.025_5, 0.783_5];
    let shown = |shares: &[f64]| -> Vec<String> {
        let counts = apportion(shares, 100);
        let both = shares.iter().zip(counts);
        both.map(|(share, count)| whole_percent(*share, count))
            .collect()
    };
    let sum = |texts: &[String]| -> i64 {
        let number = |text: &String| {
            text.trim_end_matches(" %")
                .parse::<i64>()
                .expect("a number")
        };
        texts.iter().map(number).sum()
    };
    assert_eq!(sum(&shown(&shares)), 100);
    for k in 1..400 {
        // Three shares, none near one of the ends.
        let a = 0.02 + 0.001 * f64::from(k % 97) * 3.0;
        let b = 0.02 + 0.001 * f64::from(k % 89) * 5.0;
        let texts = shown(&[a, b, 1.0 - a - b]);
        assert_eq!(sum(&texts), 100, "{texts:?}");
    }
    assert_eq!(shown(&[0.004, 0.996]), ["less than 1 %", "more than 99 %"]);
}

#[test]
fn what_happens_is_not_shown_as_nothing() {
    assert_eq!(percent(0.0), "0.0 %");
    assert_eq!(percent(1e-9), "<0.1 %");
    assert_eq!(percent(0.342_1), "34.2 %");
    assert_eq!(percent(0.999_9), ">99.9 %");
    assert_eq!(percent(1.0), "100.0 %");
}

#[test]
fn changes_are_in_points() {
    for (change, text) in [
        (0.0, "0"),
        (1e-9, "<0.01"),
        (0.0004, "0.04"),
        (-0.0132, "1.3"),
    ] {
        assert_eq!(points(change), text);
    }
}

#[test]
fn counts_and_small_numbers_read_well() {
    assert_eq!(count(0), "0");
    assert_eq!(count(999), "999");
    assert_eq!(count(1_234_567), "1,234,567");
    assert_eq!(small(0.0), "0");
    assert_eq!(small(2.22e-16), "2.2e-16");
}

#[test]
fn bars_have_the_length_of_their_share() {
    assert_eq!(bar(1.0, 10).chars().count(), 10);
    assert_eq!(bar(0.0, 10), "");
    assert_eq!(bar(0.5, 10), "█████");
    assert_eq!(bar(f64::NAN, 10), "");
    assert_eq!(bar(7.0, 4), "████");
}

#[test]
fn rows_have_as_many_cells_as_heads() {
    let mut table = Table::new(["a", "b"]);
    table.row(["x"]);
    table.row(["x", "y", "z"]);
    assert_eq!(table.rows, [["x", ""], ["x", "y"]]);
}
