//! Files that others read: Parquet, CSV, Markdown, and the numbers and names of Gambit trees.

use climbdown_report::csv::csv;
use climbdown_report::document::typed;
use climbdown_report::exchange::gambit::{distinct, plain, sum_to_one};
use climbdown_report::markdown::{escape, table};
use climbdown_report::parquet::{Column, Columns, Thrift, parquet, runs};
use climbdown_report::tables::Table;
use std::collections::HashSet;

fn small() -> Columns {
    let text = ["a", "a", "b", "a"].map(str::to_owned).to_vec();
    Columns {
        columns: vec![
            ("round".into(), Column::Whole(vec![0, 0, 1, -1])),
            ("name".into(), Column::Text(text)),
            (
                "value".into(),
                Column::Number(vec![Some(0.5), None, Some(-1.0), Some(2.0)]),
            ),
        ],
        groups: vec![2, 2],
    }
}

#[test]
fn the_frame_is_that_of_the_format() {
    let file = parquet(&small());
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    let at = file.len() - 8;
    let length = u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
    let footer = &file[at - length as usize..at];
    // version 1, then a list of four structures: the root and three columns.
    assert_eq!(footer[..4], [0x15, 2, 0x19, 0x4c]);
    for name in ["round", "name", "value", "climbdown version"] {
        let found = footer.windows(name.len()).any(|w| w == name.as_bytes());
        assert!(found, "{name}");
    }
}

#[test]
fn numbers_of_any_size_are_written_as_thrift_has_them() {
    for (value, bytes) in [
        (0, &[0x00][..]),
        (-1, &[0x01]),
        (1, &[0x02]),
        (63, &[0x7e]),
        (64, &[0x80, 0x01]),
        (300, &[0xd8, 0x04]),
    ] {
        let mut thrift = Thrift::default();
        thrift.element(value);
        assert_eq!(thrift.bytes, bytes, "{value}");
    }
}

#[test]
fn runs_hold_every_value() {
    let values: Vec<u32> = (0..1000).map(|k| k / 7 % 300).collect();
    let mut bytes = Vec::new();
    runs(&values, 9, &mut bytes);
    let (mut back, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let mut header = 0u64;
        let mut shift = 0;
        loop {
            header |= u64::from(bytes[at] & 0x7f) << shift;
            shift += 7;
            at += 1;
            if bytes[at - 1] < 0x80 {
                break;
            }
        }
        let value = u32::from(bytes[at]) | u32::from(bytes[at + 1]) << 8;
        at += 2;
        back.extend(std::iter::repeat_n(value, (header >> 1) as usize));
    }
    assert_eq!(back, values);
}

#[test]
fn an_empty_table_has_no_row_group() {
    let empty = Columns {
        columns: vec![("name".into(), Column::Text(Vec::new()))],
        groups: vec![0],
    };
    let full = Columns {
        columns: vec![("name".into(), Column::Text(vec!["a".into()]))],
        groups: vec![1],
    };
    assert!(parquet(&empty).len() < parquet(&full).len());
}

#[test]
fn columns_of_numbers_are_numbers_and_per_cent_are_shares() {
    let mut written = Table::new(["name", "share", "points", "mixed", "share"]);
    written.row(["a", "12.5 %", "−4", "1", "–"]);
    written.row(["b", "–", "+0.5", "1-2-3", ""]);
    let found = typed(&written);
    let names: Vec<&str> = found.columns.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["name", "share", "points", "mixed", "share_"]);
    assert_eq!(found.columns[1].1, Column::Number(vec![Some(0.125), None]));
    assert_eq!(
        found.columns[2].1,
        Column::Number(vec![Some(-4.0), Some(0.5)])
    );
    assert!(matches!(&found.columns[3].1, Column::Text(v) if v[1] == "1-2-3"));
    assert!(matches!(&found.columns[4].1, Column::Text(_)));
    assert_eq!(found.groups, [2]);
}

/// Sums decimals of at most one as integers of 10^-40.
fn exact_sum(texts: &[String]) -> u128 {
    texts
        .iter()
        .map(|text| {
            let fraction = text.strip_prefix("0.").expect("a fraction");
            format!("{fraction:0<38}").parse::<u128>().expect("digits")
        })
        .sum()
}

#[test]
fn chances_sum_to_exactly_one() {
    let cases: [&[f64]; 5] = [
        &[0.1, 0.9],
        &[0.30000000000000004, 0.7],
        &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
        &[1e-9, 0.4, 0.599999999],
        &[0.5, 0.25, 0.125, 0.125],
    ];
    for case in cases {
        let texts = sum_to_one(case);
        assert_eq!(exact_sum(&texts), 10_u128.pow(38), "{texts:?}");
        for (text, p) in texts.iter().zip(case) {
            let read: f64 = text.parse().expect("a number");
            assert!((read - p).abs() < 1e-15, "{texts:?}");
        }
    }
}

#[test]
fn labels_are_plain_and_distinct() {
    assert_eq!(plain("a \"b\" \\ é\n"), "a 'b' ' __");
    let names = ["a", "a", "b", "a #2", "a"].map(str::to_owned).to_vec();
    let unique: HashSet<String> = distinct(names).into_iter().collect();
    assert_eq!(unique.len(), 5);
}

#[test]
fn cells_are_quoted_where_needed_and_never_formulas() {
    let mut written = Table::new(["a, b", "c"]);
    written.row(["say \"no\"", "=1+1"]);
    written.row(["-3.1", "+2"]);
    written.row(["-x", "لا"]);
    assert_eq!(
        csv(&written),
        "\"a, b\",c\r\n\"say \"\"no\"\"\",'=1+1\r\n-3.1,+2\r\n'-x,لا\r\n"
    );
}

#[test]
fn names_are_never_markup() {
    assert_eq!(escape("a|b_c <i>*x*"), "a\\|b\\_c &lt;i&gt;\\*x\\*");
    let mut one = Table::new(["a", "b"]);
    one.row(["x|y", "1\n2"]);
    assert_eq!(table(&one), "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n");
}
