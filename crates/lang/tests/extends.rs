//! A scenario as its difference from another: what is merged, what is refused, and that findings
//! name the file that they are about.

use climbdown_lang::{Loaded, Loader, Options, Resolved, Severity, located_in, render_in, resolve};
use std::collections::HashMap;

/// Files by name.
struct Files(HashMap<&'static str, &'static str>);

impl Loader for Files {
    fn load(&mut self, from: &str, path: &str) -> Result<Loaded, String> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if folder.is_empty() {
            path.to_owned()
        } else {
            format!("{folder}/{path}")
        };
        let text = self.0.get(name.as_str()).ok_or("no such file")?;
        Ok(Loaded {
            identity: name.clone(),
            name,
            bytes: text.as_bytes().to_vec(),
        })
    }
}

const BASE: &str = r#"# The base.
scenario "Base"
  as of 2026-05-01
  round week
  horizon 12 rounds
  order us, iran, events

parameter calm_rate = 5 .. 31 .. 80 per year  # incidents
  source "an incident count"
  grade B

variable strait "The strait"
  levels open, shut
  start open

actor us
  precision 1
  payoff per week
    oil: -(strait == shut)

actor iran
  precision 1
  payoff per week
    leverage: 0.1 * (strait == shut)

move us.hold

move us.strike
  when strait == shut
  cost us: 1
  cost iran: 2
  outcome 70%: strait to open
  outcome rest: nothing

move iran.wait

move iran.shut
  outcome: strait to shut

trigger mine
  rate calm_rate
  outcome: strait to shut

question closed: strait == shut within 8 rounds
"#;

fn merged(files: &[(&'static str, &'static str)]) -> Resolved {
    let mut loader = Files(files.iter().copied().collect());
    let (name, text) = files[0];
    resolve(
        Loaded {
            name: name.into(),
            identity: name.into(),
            bytes: text.as_bytes().to_vec(),
        },
        &mut loader,
    )
}

fn rendered(resolved: &Resolved) -> String {
    let checked = resolved.check(Options::default());
    render_in(&checked.diagnostics, &resolved.sources, false)
}

#[test]
fn what_is_written_replaces_and_the_rest_stays() {
    let resolved = merged(&[
        (
            "day/new.crisis",
            r#"scenario "New"
  extends "base.crisis"
  as of 2026-05-11

variable strait
  start shut

parameter calm_rate = 62 per year
  source "a later count"
  grade A

actor us
  precision 2

move us.strike "Strike"
  cost us: 3
  outcome: strait to open

trigger mine
  probability 5% if calm_rate > 1 per year else 1%
"#,
        ),
        ("day/base.crisis", BASE),
    ]);
    let checked = resolved.check(Options::default());
    assert_eq!(rendered(&resolved), "");
    let s = checked.scenario.expect("it checks");
    assert_eq!(s.title, "New");
    assert_eq!(s.as_of.expect("a date").to_string(), "2026-05-11");
    assert_eq!((s.horizon, s.order.len()), (12, 3));
    assert_eq!(s.variables[0].label, "The strait");
    assert_eq!((s.variables[0].start, s.variables[0].levels.len()), (1, 2));
    assert_eq!(s.parameters.len(), 1);
    assert_eq!(s.parameters[0].source, "a later count");
    assert_eq!(s.actors[0].payoff.len(), 1, "the payoff stays");
    let strike = s
        .moves
        .iter()
        .find(|m| m.name == "strike")
        .expect("it stays");
    assert_eq!(
        (strike.label.as_str(), strike.outcomes.len()),
        ("Strike", 1)
    );
    assert!(strike.guard.is_some(), "the guard stays");
    assert_eq!(strike.payments.len(), 2, "the other's cost stays");
    // Moves keep the order of the base.
    let names: Vec<&str> = s.moves.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["hold", "strike", "wait", "shut"]);
    // What is printed as the effective text means the same, alone.
    let alone = climbdown_lang::check(resolved.sources.text());
    assert!(alone.scenario.is_some());
    assert!(!resolved.sources.text().contains("extends"));
}

#[test]
fn a_construct_keeps_what_is_not_written_anew() {
    let base = BASE.to_owned()
        + "\nred line passage \"Ships pass\" held by us against iran\n  crossed by iran.wait\n  \
           answered by us.strike\n  clarity 70%\n  record\n    2025-01-01 \"one\": silent, source \"press\"\n\
           \ntalks table between us and iran\n  offering iran: 0.2\n  offering us: 0.3\n  package peace\n    \
           value us: 1\n";
    let base: &'static str = base.leak();
    let new = "scenario \"New\"\n  extends \"base.crisis\"\n\nred line passage\n  record\n    \
               2026-02-01 \"two\": answered, source \"press\"\n\ntalks table\n  offering us: 0.5\n  \
               start iran_peace\n";
    let resolved = merged(&[("new.crisis", new), ("base.crisis", base)]);
    let text = resolved.sources.text();
    for kept in [
        "red line passage \"Ships pass\" held by us",
        "clarity 70%",
        "offering iran: 0.2",
        "offering us: 0.5",
        "start iran_peace",
        "\"two\": answered",
    ] {
        assert_eq!(text.matches(kept).count(), 1, "{kept} in\n{text}");
    }
    for replaced in ["\"one\": silent", "offering us: 0.3"] {
        assert!(!text.contains(replaced), "{replaced} in\n{text}");
    }
}

#[test]
fn names_are_removed_and_may_be_declared_anew() {
    let resolved = merged(&[
        (
            "new.crisis",
            "scenario \"New\"\n  extends \"base.crisis\"\n\nremove trigger mine, us.strike, \
             calm_rate\n\nremove iran.shut\n\nmove iran.shut\n",
        ),
        ("base.crisis", BASE),
    ]);
    let s = resolved
        .check(Options::default())
        .scenario
        .expect("it checks");
    assert!(s.triggers.is_empty() && s.parameters.is_empty());
    let names: Vec<&str> = s.moves.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["hold", "wait", "shut"]);
    assert!(
        s.moves[2].outcomes[0].effects.is_empty(),
        "it is the new one"
    );
}

#[test]
fn a_chain_is_merged_from_its_base_up() {
    let middle = "scenario \"Middle\"\n  extends \"base.crisis\"\n\nactor us\n  precision 3\n\nactor iran\n  precision 3\n";
    let top = "scenario \"Top\"\n  extends \"middle.crisis\"\n\nactor us\n  precision 4\n";
    let resolved = merged(&[
        ("top.crisis", top),
        ("middle.crisis", middle),
        ("base.crisis", BASE),
    ]);
    assert_eq!(resolved.sources.files().len(), 3);
    assert!(resolved.check(Options::default()).scenario.is_some());
    let text = resolved.sources.text();
    assert!(text.contains("precision 4") && text.contains("precision 3"));
    assert!(!text.contains("precision 1"));
}

#[test]
fn findings_name_the_file_and_the_line_that_they_are_about() {
    // The mistake stands in the base, and shows only because the other file took something away.
    let top = "# a comment\n\nscenario \"New\"\n  extends \"base.crisis\"\n\nremove calm_rate\n\nvariable strait\n  start ajar\n";
    let resolved = merged(&[("new.crisis", top), ("base.crisis", BASE)]);
    let checked = resolved.check(Options::default());
    let errors: Vec<_> = located_in(&checked.diagnostics, &resolved.sources)
        .into_iter()
        .filter(|l| l.diagnostic.severity == Severity::Error)
        .map(|l| (l.diagnostic.code, l.place.file, l.place.line))
        .collect();
    assert_eq!(
        errors,
        [
            ("E0204", "new.crisis".to_owned(), 9),
            ("E0201", "base.crisis".to_owned(), 41),
        ]
    );
    let shown = rendered(&resolved);
    assert!(shown.contains("new.crisis:9:9"), "{shown}");
    assert!(shown.contains("base.crisis:41:8"), "{shown}");
    assert!(shown.contains("rate calm_rate"), "{shown}");
    // Related places stand in the other file.
    assert!(shown.contains("base.crisis:13"), "{shown}");
}

#[test]
fn a_mistake_of_form_in_the_base_is_found_there() {
    let broken = "scenario \"Base\"\n  horizon 12 rounds\n  order us\n\n\tmove us.hold\n";
    let top = "scenario \"New\"\n  extends \"base.crisis\"\n";
    let resolved = merged(&[("new.crisis", top), ("base.crisis", broken)]);
    let shown = rendered(&resolved);
    assert!(shown.contains("base.crisis:5:1"), "{shown}");
}

fn refused(code: &str, says: &str, place: &str, files: &[(&'static str, &'static str)]) {
    let resolved = merged(files);
    assert!(
        resolved.diagnostics.iter().any(|d| d.code == code),
        "{code}: {:?}",
        resolved.diagnostics
    );
    assert!(resolved.check(Options::default()).scenario.is_none());
    let shown = rendered(&resolved);
    assert!(shown.contains(says) && shown.contains(place), "{shown}");
}

#[test]
fn what_cannot_be_merged_is_refused_where_it_is_written() {
    let extends = "scenario \"New\"\n  extends \"base.crisis\"\n";
    refused(
        "E0430",
        "no such file",
        "new.crisis:2:11",
        &[("new.crisis", extends)],
    );
    refused(
        "E0431",
        "new.crisis → base.crisis → new.crisis",
        "base.crisis:2:11",
        &[
            ("new.crisis", extends),
            (
                "base.crisis",
                "scenario \"Base\"\n  extends \"new.crisis\"\n",
            ),
        ],
    );
    refused(
        "E0431",
        "base.crisis → base.crisis",
        "base.crisis:2:11",
        &[("base.crisis", extends)],
    );
    refused(
        "E0433",
        "did you mean `calm_rate`?",
        "new.crisis:4:8",
        &[
            (
                "new.crisis",
                "scenario \"New\"\n  extends \"base.crisis\"\n\nremove calmrate\n",
            ),
            ("base.crisis", BASE),
        ],
    );
    refused(
        "E0434",
        "remove name strait",
        "new.crisis:4:8",
        &[
            (
                "new.crisis",
                "scenario \"New\"\n  extends \"base.crisis\"\n\nremove strait\n",
            ),
            (
                "base.crisis",
                "scenario \"B\"\n\nvariable strait\n\ntrigger strait\n",
            ),
        ],
    );
}

/// A file for every name, each extending the next.
struct Endless;

impl Loader for Endless {
    fn load(&mut self, _: &str, path: &str) -> Result<Loaded, String> {
        let next = path.len() + 1;
        Ok(Loaded {
            name: path.into(),
            identity: path.into(),
            bytes: format!("scenario \"S\"\n  extends \"{}\"\n", "x".repeat(next)).into_bytes(),
        })
    }
}

#[test]
fn a_chain_without_end_is_cut() {
    let root = Loaded {
        name: "x".into(),
        identity: "root".into(),
        bytes: b"scenario \"S\"\n  extends \"x\"\n".to_vec(),
    };
    let resolved = resolve(root, &mut Endless);
    assert_eq!(resolved.diagnostics[0].code, "E0432");
    let huge = Loaded {
        name: "x".into(),
        identity: "root".into(),
        bytes: format!(
            "scenario \"S\"\n  extends \"x\"\n#{}\n",
            "y".repeat(2_097_100)
        )
        .into_bytes(),
    };
    assert_eq!(resolve(huge, &mut Endless).diagnostics[0].code, "E0432");
}

#[test]
fn a_ceiling_goes_over_that_of_the_same_actor() {
    let base: &'static str = Box::leak(
        format!("{BASE}\nfront far of 2\n  ignites 0.5 after us.strike\n  ceiling us: quiet\n  ceiling iran: lit_2\n")
            .into_boxed_str(),
    );
    let text = "scenario \"Later\"\n  extends \"base.crisis\"\n\nfront far\n  ceiling us: lit_1\n";
    let resolved = merged(&[("later.crisis", text), ("base.crisis", base)]);
    let checked = resolved.check(Options::default());
    let scenario = checked.scenario.expect("it checks");
    let front = &scenario.fronts[0];
    let ceilings: Vec<(&str, u32)> = front
        .ceilings
        .iter()
        .map(|c| (scenario.actors[c.actor.0 as usize].name.as_str(), c.level))
        .collect();
    assert_eq!(ceilings, [("us", 1), ("iran", 2)]);
    assert_eq!(front.ignited_by.len(), 1);
    // A front that nothing but a ceiling reads is read.
    assert!(checked.diagnostics.is_empty(), "{:#?}", checked.diagnostics);
}
