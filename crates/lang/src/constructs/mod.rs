//! The constructs of the domain, one file each: how it is written, what is wrong with it, and what
//! it comes to. Each lowers into what the language has anyway; what the analyses must know of it
//! stands as a plain list in [`crate::scenario::Scenario`].
//!
//! | construct | file | comes to |
//! |---|---|---|
//! | policy | `policy` | changed parameters, closed moves, a payoff term for its cost |
//! | structure | `structure` | weighted alternatives, each a set of changes |
//! | mindset | `mindset` | changes of one actor's payoffs, beliefs and precision |
//! | payer | `payer` | an actor that keeps accounts and never moves |
//! | extends, remove | `extends` | one text of several files |
//! | base rate | `base_rate` | a share with its population and source |

pub mod base_rate;
pub mod changes;
pub mod extends;
pub mod mindset;
pub mod payer;
pub mod policy;
pub mod structure;
