//! Reports through the binary: the page, and the same as text, tables and data.

use crate::support;

use serde_json::Value;
use std::path::Path;
use support::{directory, run, small, write};

fn page(directory: &Path, arguments: &[&str]) -> String {
    run(directory, arguments).exits(0);
    std::fs::read_to_string(directory.join("o/report.html")).expect("written")
}

#[test]
fn the_page_says_it_all_and_needs_nothing_else() {
    let d = directory();
    small(d.path());
    let html = page(
        d.path(),
        &["report", "small.crisis", "--quick", "--out", "o"],
    );
    for part in [
        "War within 6 weeks ",
        "2026-05-11",
        "in a hundred",
        "Has it come true by then?",
        "Certificates",
        "rolling-horizon logit play, foresight 3 rounds",
        "climbdown run small.crisis --quick",
        "ICD 203 row A",
        "Register of numbers",
        "default-src &#39;none&#39;",
    ] {
        let plain = part.replace("&#39;", "'");
        assert!(
            html.contains(part) || html.contains(&plain),
            "`{part}` is missing"
        );
    }
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    // Nothing is fetched: addresses are names of the SVG format or places in the page.
    for (k, _) in html.match_indices("http") {
        assert!(
            html[k..].starts_with("http://www.w3.org/2000/svg")
                || html[k..].starts_with("http-equiv"),
            "{}",
            &html[k..html.len().min(k + 80)]
        );
    }
    assert!(!html.contains("src=") && !html.contains("@import") && !html.contains("url("));
    // Every drawing has an alternative and a table.
    let count = |text: &str| html.matches(text).count();
    assert_eq!(count("<svg"), count("role=\"img\" aria-label="));
    assert_eq!(count("<figure"), count("<table"));
    assert!(count("<svg") >= 4, "{}", count("<svg"));
}

#[test]
fn a_hundred_dots_stand_for_the_outcomes() {
    let d = directory();
    small(d.path());
    let html = page(
        d.path(),
        &["report", "small.crisis", "--quick", "--out", "o"],
    );
    let figure = &html[html.find("id=\"outcomes\"").expect("drawn")..];
    let figure = &figure[..figure.find("</svg>").expect("ends")];
    // One circle a dot and one an outcome in the legend.
    let outcomes = figure.matches("<text x=\"28\"").count();
    assert!(outcomes >= 3, "{outcomes}");
    assert_eq!(
        figure.matches("<circle").count(),
        100 + outcomes,
        "{figure}"
    );
}

#[test]
fn run_writes_the_page_that_report_writes() {
    let d = directory();
    small(d.path());
    let report = page(
        d.path(),
        &["report", "small.crisis", "--quick", "--out", "o"],
    );
    let run = page(d.path(), &["run", "small.crisis", "--quick", "--out", "o"]);
    assert_eq!(report, run);
}

#[test]
fn text_tables_and_data_say_the_same() {
    let d = directory();
    small(d.path());
    let report = |format: &str| {
        run(
            d.path(),
            &[
                "report",
                "small.crisis",
                "--quick",
                "--out",
                format,
                "--format",
                format,
            ],
        )
        .exits(0);
    };
    let read = |name: &str| std::fs::read_to_string(d.path().join(name)).expect("written");
    for format in ["md", "csv", "json"] {
        report(format);
    }
    let data: Value = serde_json::from_str(&read("json/report.json")).expect("JSON");
    let war = data["forecast"]["classes"]["war"][6]
        .as_f64()
        .expect("a number");
    let tables = read("csv/outcomes.csv");
    let rows: Vec<Vec<&str>> = tables.lines().map(|l| l.split(',').collect()).collect();
    let shown = rows[1][2]
        .trim_end_matches(" %")
        .parse::<f64>()
        .expect("a number");
    assert!((shown - war * 100.0).abs() <= 0.1, "{shown} {war}");
    assert_eq!(rows.last().expect("rows")[1..3], ["100", "100.0 %"]);
    let text = read("md/report.md");
    assert!(text.contains(&format!("| {} |", rows[1][2])), "{text}");
    assert!(text.contains("## Certificates"));
}

/// One actor and one ladder; names as given.
/// Names and contents of the tables in a directory.
fn tables(directory: &Path, end: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = std::fs::read_dir(directory)
        .expect("there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == end))
        .map(|path| {
            let name = path.file_name().expect("named").to_string_lossy();
            (name.into_owned(), std::fs::read(&path).expect("readable"))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn run_writes_the_tables_that_report_writes() {
    let d = directory();
    small(d.path());
    for form in ["csv", "parquet"] {
        let done = run(
            d.path(),
            &[
                "run",
                "small.crisis",
                "--quick",
                "--tables",
                form,
                "--out",
                form,
            ],
        );
        done.exits(0);
        run(
            d.path(),
            &[
                "report",
                "small.crisis",
                "--quick",
                "--format",
                form,
                "--out",
                "r",
            ],
        )
        .exits(0);
        let (own, other) = (
            tables(&d.path().join(form), form),
            tables(&d.path().join("r"), form),
        );
        assert!(own.len() > 5 && own == other);
        done.says(&[&format!(
            "analyses.json and manifest.json, and {} tables, to {form}",
            own.len()
        )]);
        assert!(d.path().join(form).join("report.html").exists());
        run(d.path(), &["reproduce", form])
            .says(&["the same bytes"])
            .exits(0);
    }
    let done = run(d.path(), &["run", "small.crisis", "--tables", "xlsx"]);
    done.exits(2);
}

fn tiny(title: &str, outcomes: &str, label: &str) -> String {
    format!(
        "scenario \"{title}\"\n  round week\n  horizon 3 rounds\n  foresight 2 rounds\n  order us\n\n\
         ladder rung \"{label}\"\n  levels calm \"Calm\", war \"{label}\"\n  start calm\n\n\
         actor us \"{label}\"\n  precision 1\n  payoff per week\n    fight: -5 if rung == war else 0\n\n\
         move us.wait \"Wait\"\n\nmove us.strike \"{label}\"\n  when rung == calm\n  outcome: rung to war\n\n\
         {outcomes}"
    )
}

#[test]
fn names_of_every_script_stand_as_they_are_and_markup_is_escaped() {
    let d = directory();
    for (k, name) in [
        "الولايات المتحدة",
        "جمهوری اسلامی ایران",
        "ישראל",
        "伊朗伊斯兰共和国",
        "<script>alert(1)</script> & 'x'",
    ]
    .into_iter()
    .enumerate()
    {
        let outcomes = format!(
            "outcomes within 3 rounds\n  war \"{name}\": ever rung == war\n  calm \"Calm\": otherwise\n"
        );
        let file = format!("{k}.crisis");
        write(d.path(), &file, &tiny(name, &outcomes, name));
        let html = page(d.path(), &["report", &file, "--quick", "--out", "o"]);
        assert!(!html.contains("<script>alert"), "{name}");
        let escaped = name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        assert!(html.matches(&escaped).count() >= 3, "{name}");
        assert!(html.contains("dir=\"auto\""));
    }
}

#[test]
fn one_outcome_and_thirty_outcomes_are_drawn() {
    let d = directory();
    write(
        d.path(),
        "one.crisis",
        &tiny(
            "One",
            "outcomes within 3 rounds\n  all \"Whatever comes\": otherwise\n",
            "War",
        ),
    );
    let html = page(d.path(), &["report", "one.crisis", "--quick", "--out", "o"]);
    assert!(html.contains("“Whatever comes”: more than 99\u{a0}%"));
    let levels: Vec<String> = (0..30)
        .map(|k| format!("l{k} \"Level number {k} of a long ladder\""))
        .collect();
    let classes: String = (1..30)
        .map(|k| format!("  c{k} \"At the end at level {k}\": rung == l{k} at end\n"))
        .collect();
    let text = format!(
        "scenario \"Thirty\"\n  round week\n  horizon 4 rounds\n  foresight 2 rounds\n  order us\n\n\
         ladder rung \"Ladder\"\n  levels {}\n  start l0\n\n\
         actor us \"US\"\n  precision 1\n  payoff per week\n    calm: 1 if rung == l0 else 0\n\n\
         move us.wait \"Wait\"\n\nmove us.climb \"Climb\"\n  when rung < l29\n  outcome: rung up\n\n\
         outcomes within 4 rounds\n{classes}  others \"The rest\": otherwise\n",
        levels.join(", ")
    );
    write(d.path(), "thirty.crisis", &text);
    let html = page(
        d.path(),
        &["report", "thirty.crisis", "--quick", "--out", "o"],
    );
    assert!(html.contains("At the end at level 29"));
}

/// Every analysis that applies is drawn, not only put into tables.
#[test]
fn analyses_draw_their_figures() {
    let d = directory();
    run(d.path(), &["new", "my", "--quiet"]).exits(0);
    let games = support::shipped("games/bargaining.crisis");
    let games = games.display().to_string();
    let html = |file: &str| {
        let arguments = [
            "report",
            file,
            "--out",
            "o",
            "--quiet",
            "--belief-points",
            "5",
            "--coarse-points",
            "5",
            "--futures",
            "4",
            "--paired",
            "2",
            "--trajectories",
            "200",
        ];
        page(d.path(), &arguments)
    };
    let drawn = |html: &str, id: &str| {
        let at = html.find(&format!(" id=\"{id}\" aria-labelledby"));
        let figure = &html[at.unwrap_or_else(|| panic!("no figure {id}"))..];
        let figure = &figure[..figure.find("</figure>").expect("ends")];
        assert!(
            figure.contains("<svg") && figure.contains("<table"),
            "{id} is not drawn"
        );
        figure.to_owned()
    };
    let my = html("my.crisis");
    for id in [
        "outcomes",
        "occupancy",
        "deterrence-gap",
        "paths",
        "tornado",
        "watch-list",
        "credibility-paths",
        "unpredictability-conduct-challenger",
        "unpredictability-image-defender",
    ] {
        drawn(&my, id);
    }
    // Three curves of five values, and a sentence that says where the most moved one goes.
    let curves = drawn(&my, "unpredictability-conduct-challenger");
    assert_eq!(curves.matches("class=\"curve\"").count(), 3, "{curves}");
    assert!(curves.contains("moves most:"), "{curves}");
    // Where the table says that a curve turns there is an upright line, and nowhere else.
    for id in [
        "conduct-challenger",
        "conduct-defender",
        "image-challenger",
        "image-defender",
    ] {
        let figure = drawn(&my, &format!("unpredictability-{id}"));
        let lines = figure.matches("class=\"whisker-ink\"").count();
        let table = &figure[figure.find("<table").expect("a table")..];
        let turns = table.matches("peaks at").count() + table.matches("dips at").count();
        assert_eq!(lines, turns, "{id}: {figure}");
    }
    let talks = html(&games);
    let name = |id: &str| {
        let head = format!("<figure class=\"drawn\" id=\"{id}");
        let at = talks.find(&head).expect("a figure") + head.len() - id.len();
        let rest = &talks[at..];
        rest[..rest.find('"').expect("ends")].to_owned()
    };
    for page in [&my, &talks] {
        let figures = page.split("<figure ").skip(1);
        let bare: Vec<&str> = figures
            .filter(|figure| !figure[..figure.find("</figure>").expect("ends")].contains("<table"))
            .map(|figure| &figure[..figure.len().min(80)])
            .collect();
        assert!(bare.is_empty(), "figures without a table: {bare:?}");
    }
    // Moves are called by their labels in drawings, by their names in tables.
    let gap = drawn(&my, "deterrence-gap");
    let (drawing, table) = gap.split_at(gap.find("<table").expect("a table"));
    assert!(!drawing.contains("challenger.probe"), "{drawing}");
    assert!(table.contains("challenger.probe"), "{table}");
    let room = drawn(&talks, &name("room-"));
    assert!(room.contains("no package serves both sides"), "{room}");
    drawn(&talks, &name("room-packages-"));
}
