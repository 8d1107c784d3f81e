//! Derived quantities and conditions by themselves, at chosen levels of the variables.

use super::expression::{Bank, PUBLIC};
use super::findings::Findings;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{DerivedId, Expr};

/// The values of a derived quantity at each list of levels, one a variable, with the scenario's central
/// parameters; not a number where it has no value.
pub fn quantity(scenario: &Scenario, quantity: DerivedId, levels: &[Vec<u16>]) -> Vec<f64> {
    // The scenario has compiled, so nothing is found here that was not said.
    let bank = Bank::of(scenario, &mut Findings::default());
    let at = |levels: &Vec<u16>| bank.derived(quantity.0 as usize, levels);
    levels.iter().map(at).collect()
}

/// Whether a public condition holds at each list of levels, one a variable, with the scenario's central
/// parameters.
pub fn holds(scenario: &Scenario, condition: &Expr, levels: &[Vec<u16>]) -> Vec<bool> {
    let mut findings = Findings::default();
    let bank = Bank::of(scenario, &mut findings);
    let condition = bank.lower(condition, PUBLIC, &mut findings);
    let at = |levels: &Vec<u16>| bank.value(&condition, levels);
    levels.iter().map(at).map(|x| x != 0.0).collect()
}
