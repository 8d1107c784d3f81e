//! Time to check and to format. Budget: a scenario of 1,000 lines within 20 ms.

fn main() {
    divan::main();
}

/// The reference scenario, grown to at least `lines` lines by parameters that are used.
fn scenario(lines: usize) -> String {
    let mut text = include_str!("../tests/pass/everything.crisis").to_owned();
    let mut number = 0;
    while text.lines().count() < lines {
        number += 1;
        text.push_str(&format!(
            "\nparameter extra_{number} = 0.1 .. 0.2 .. 0.3 per week\n  \"one more number\"\n  source \"a benchmark\"\n  grade C\n\n\
             derived heat_{number} = (0.5 + number(rung) / number(rung.war)) * extra_{number} if strait >= harassed else extra_{number}\n\n\
             trigger event_{number} \"One more event\"\n  when rung < war and offer != signed\n  rate heat_{number}\n  \
             outcome 60%: rung up; strait down if strait == shut\n  outcome rest: offer to pending if offer == none\n\n\
             move us.extra_{number} \"One more move\"\n  when rung in (grey_zone, strikes) or strait == shut\n  \
             cost us: 2 if resolved, 3 if bluffing\n  outcome 30%: rung up\n  outcome rest: rung down\n"
        ));
    }
    text
}

#[divan::bench(args = [200, 1_000, 10_000])]
fn check(bencher: divan::Bencher<'_, '_>, lines: usize) {
    let text = scenario(lines);
    let checked = climbdown_lang::check(&text);
    assert!(
        checked.scenario.is_some(),
        "{:?}",
        checked.diagnostics.first()
    );
    bencher.bench(|| climbdown_lang::check(divan::black_box(&text)));
}

#[divan::bench(args = [1_000])]
fn format(bencher: divan::Bencher<'_, '_>, lines: usize) {
    let text = scenario(lines);
    bencher.bench(|| climbdown_lang::format(divan::black_box(&text)));
}
