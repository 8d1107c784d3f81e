//! Steps, widths and escapes of drawings.

use climbdown_report::draw::flows::{Flow, Stop, flows};
use climbdown_report::draw::{Anchor, LABEL, bars, measure, step, svg, text, tick, wrap};

#[test]
fn steps_are_round_and_few() {
    for (span, most, expected) in [
        (1.0, 4, 0.5),
        (26.0, 6, 5.0),
        (0.08, 4, 0.02),
        (1000.0, 5, 200.0),
        (0.0, 4, 1.0),
        (f64::NAN, 4, 1.0),
    ] {
        let found = step(span, most);
        assert!((found - expected).abs() < 1e-12, "{span} {most}: {found}");
    }
    assert_eq!(tick(0.06, 0.02), "0.06");
    assert_eq!(tick(-5.0, 5.0), "−5");
    assert_eq!(tick(-0.0, 0.5), "0");
}

#[test]
fn text_is_wrapped_to_its_width_in_every_script() {
    for words in [
        "A deal comes into force before the summer ends",
        "سپاه پاسداران انقلاب اسلامی در تنگه هرمز",
        "伊朗与美国在二十六周之内达成协议并且重新开放霍尔木兹海峡",
        "Donaudampfschifffahrtsgesellschaftskapitän",
    ] {
        let all = wrap(words, LABEL, 120.0, 9);
        assert!(all.len() > 1, "{words}");
        for line in &all {
            assert!(measure(line, LABEL) <= 120.0, "{line}");
        }
        let letters = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&all.join(" ")), letters(words));
        let short = wrap(words, LABEL, 120.0, 1);
        assert!(short.len() == 1 && short[0].ends_with('…'));
    }
}

/// In the fonts that are common on Linux signs of mathematics are as wide as capitals, and wider.
#[test]
fn signs_are_measured_wide() {
    for sign in ["<", ">", "&", "=", "+", "−", "→"] {
        assert!(measure(sign, 1.0) > 0.83, "{sign}");
    }
}

#[test]
fn text_is_escaped() {
    let drawing = svg(
        "a \"<b>\"",
        10.0,
        &[text(0.0, 0.0, "label", Anchor::Start, "<script>&")],
    );
    assert!(
        !drawing.contains("<script>") && !drawing.contains("<b>"),
        "{drawing}"
    );
    assert!(drawing.contains("&lt;script&gt;&amp;"));
}

#[test]
fn panels_on_scales_of_their_own_say_what_they_span() {
    use climbdown_report::draw::curves::{Scale, Swept, sweep};
    let panel = |title: &str, values: &[f64]| Swept {
        title: title.to_owned(),
        values: values.to_vec(),
        turns: Vec::new(),
    };
    let panels = [
        panel("War", &[0.025, 0.031, 0.028]),
        panel("Standoff", &[0.742, 0.781, 0.80]),
        panel("Certain", &[1.0, 1.0, 1.0]),
        panel("Never", &[0.0, 0.0, 0.0]),
        panel("Half", &[0.2, 0.01, 0.5]),
    ];
    let values = ["0.5", "1", "2"].map(str::to_owned);
    let own = sweep("Image", "precision", &values, Scale::Own, &panels);
    for range in [
        "2.4 to 3.2 %",
        "74 to 80 %",
        "99.90 to 100.00 %",
        "0 to 0.10 %",
        "0 to 60 %",
        "each on a scale of its own",
    ] {
        assert!(own.contains(range), "{range}: {own}");
    }
    // Heights of each curve's points: how much of its panel it takes.
    let takes = |drawing: &str| -> Vec<f64> {
        let curves = drawing.split("<path d=\"").skip(1);
        let heights = curves.map(|curve| {
            let points = curve.split('"').next().unwrap_or("");
            let y = points.split(['M', 'L']).skip(1);
            let y: Vec<f64> = y
                .filter_map(|p| p.split(' ').nth(1)?.parse().ok())
                .collect();
            let top = y.iter().copied().fold(f64::INFINITY, f64::min);
            let bottom = y.iter().copied().fold(0.0, f64::max);
            bottom - top
        });
        heights.collect()
    };
    let common = sweep("Image", "precision", &values, Scale::Common, &panels);
    let (own, common) = (takes(&own), takes(&common));
    assert_eq!(own.len(), 5);
    assert!(own[0] > 40.0 && common[0] < 1.0, "{own:?} {common:?}");
    assert!(own[1] > 40.0 && common[1] < 6.0);
    assert_eq!((own[2], own[3]), (0.0, 0.0));
}

#[test]
fn a_structure_that_alone_holds_is_no_end_of_a_range() {
    let ends = |low, high| bars::Swing {
        label: "cost".to_owned(),
        to: bars::Changed::Ends([low, high]),
    };
    let alone = bars::Swing {
        label: "what war is for".to_owned(),
        to: bars::Changed::Alone(Some(0.07)),
    };
    let of = |picture: &str, class: &str| picture.matches(&format!("class=\"{class}\"")).count();
    // A key for each colour in use, and a bar for each end that was solved.
    let numbers = bars::tornado(
        "War",
        0.03,
        &[ends(Some(0.02), Some(0.04)), ends(None, Some(0.05))],
    );
    let found = ["fill-accent", "fill-ink", "fill-grey"].map(|class| of(&numbers, class));
    assert_eq!(found, [1 + 2, 1 + 1, 0]);
    let both = bars::tornado("War", 0.03, &[ends(Some(0.02), Some(0.04)), alone]);
    let found = ["fill-accent", "fill-ink", "fill-grey"].map(|class| of(&both, class));
    assert_eq!(found, [1 + 1, 1 + 1, 1 + 1]);
    assert!(both.contains("a structure, where it alone holds"));
}

#[test]
fn flows_are_as_wide_as_their_shares_and_keep_inside() {
    let stop = |label: &str| Stop {
        label: label.into(),
        class: "fill-accent",
    };
    let left = [stop("an accident <1>"), stop("a choice")];
    let right = [stop("war")];
    let flow = |from, share| Flow { from, to: 0, share };
    let drawn = flows(
        "t",
        ["how it began", "last step"],
        [&left, &right],
        &[flow(0, 0.3), flow(1, 0.1), flow(1, f64::NAN)],
    );
    assert_eq!(drawn.matches("class=\"band\"").count(), 2, "{drawn}");
    for share in ["75 %", "25 %", "100 %"] {
        assert!(drawn.contains(&format!(">{share}<")), "{share}: {drawn}");
    }
    assert!(drawn.contains("an accident &lt;1&gt;"), "{drawn}");
    // What hardly ever happens does happen, and whole per cents add to a hundred.
    let rare = flows(
        "t",
        ["a", "b"],
        [&left, &right],
        &[flow(0, 0.997), flow(1, 0.003)],
    );
    for share in ["&lt;1 %", "100 %"] {
        assert!(rare.contains(&format!(">{share}<")), "{share}: {rare}");
    }
    let number = |name: &str| -> Vec<f64> {
        let before = format!(" {name}=\"");
        let parts = drawn.split(&before).skip(1);
        parts
            .map(|p| p[..p.find('"').expect("ends")].parse().expect("a number"))
            .collect()
    };
    // Stops have the heights of their shares, and none stands below the drawing.
    let heights = number("height");
    assert_eq!(heights, [180.0, 60.0, 240.0]);
    let bottom: f64 = {
        let view = &drawn[drawn.find("viewBox").expect("a view")..];
        let view = view.split('"').nth(1).expect("its value");
        view.split(' ')
            .nth(3)
            .expect("a height")
            .parse()
            .expect("a number")
    };
    assert!(
        number("y").iter().all(|y| *y >= 0.0 && *y <= bottom),
        "{drawn}"
    );
}
