use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::*;
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::{Options, Silent, certify, solve};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&a[1]).unwrap();
    let checked = climbdown_lang::check(&text);
    let scenario = checked.scenario.unwrap();
    let cpu = || {
        let s = std::fs::read_to_string("/proc/self/stat").unwrap();
        let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
        (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
    };
    let t = cpu();
    let mut g = climbdown_engine::compile::compile(&scenario, &Default::default())
        .map_err(|_| "compile")
        .unwrap()
        .game;
    println!(
        "compile {:.2} cpu s: {} states, {:?}",
        cpu() - t,
        g.states.len(),
        g.phases.iter().map(|p| p.nodes()).collect::<Vec<_>>()
    );
    for p in &g.phases {
        match p {
            Phase::Move(p) => println!(
                "move {} alternatives {} outcomes",
                p.payoff.len() / g.seats(),
                p.outcome_next.len()
            ),
            Phase::Events(p) => println!("events {} outcomes", p.outcome_next.len()),
        }
    }
    if let Ok(h) = std::env::var("H") {
        g.horizon = h.parse().unwrap();
        g.window = g.horizon;
    }
    let points: usize = a[2].parse().unwrap();
    let t = cpu();
    let s = solve(
        &g,
        &Options {
            belief_points: points,
            audit_every: a[3].parse().unwrap(),
            stencil: a[4].parse().unwrap(),
            ..Default::default()
        },
        &Silent,
    )
    .unwrap();
    let mut r = s.report.clone();
    let j = std::mem::take(&mut r.jumps);
    println!(
        "solve {:.2} cpu s, {:?} jumps {} {:?}",
        cpu() - t,
        r,
        j.len(),
        j.iter()
            .map(|j| (
                j.round,
                j.actor.as_str(),
                (j.between[0][0] * 1000.0).round(),
                (j.between[1][0] * 1000.0).round(),
                j.state
                    .split(",")
                    .map(|x| x.split("=").nth(1).unwrap())
                    .collect::<Vec<_>>()
                    .join(" ")
            ))
            .take(12)
            .collect::<Vec<_>>()
    );
    if std::env::var("S").is_ok() {
        return;
    }
    let t = cpu();
    if let Ok(n) = std::env::var("N") {
        let mc = simulate(
            &g,
            &s,
            &simulate::Options {
                trajectories: n.parse().unwrap(),
                seed: 1,
            },
            &Silent,
        )
        .unwrap();
        for c in &mc.classes {
            println!(
                "  mc {} {:.6} {:.6}",
                c.name, c.probability[g.window as usize], c.standard_error[g.window as usize]
            );
        }
    }
    for exact in [1000usize] {
        let t = cpu();
        let f = forecast(
            &g,
            &s,
            &forecast::Options {
                exact_particles: exact,
                spells: a.len() > 5,
                ..Default::default()
            },
            &Silent,
        )
        .unwrap();
        println!(
            "forecast {:.2} cpu s, particles {} {:e}",
            cpu() - t,
            f.particles,
            f.mass_error
        );
        for c in &f.classes {
            println!("  {} {:.6}", c.name, c.probability[g.window as usize]);
        }
        for b in &f.beliefs {
            println!(
                "  {} {} mean {:.4}",
                b.actor, b.kind, b.mean[g.window as usize]
            );
        }
        if std::env::var("F").is_ok() {
            return;
        }
        for q in &f.questions {
            println!("  {} {:.6}", q.name, q.probability[g.window as usize]);
        }
    }
    println!("simulate 10k {:.2} cpu s", cpu() - t);
    let t = cpu();
    println!("{:?}", certify(&g, &s, 50, &Silent).unwrap());
    println!("certify {:.2} cpu s", cpu() - t);
}
