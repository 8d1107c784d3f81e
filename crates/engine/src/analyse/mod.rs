//! Analyses: plain questions about a crisis, answered by the code that solves and forecasts it.
//!
//! Each is a pure function that returns plain values with their names and definitions. None prints.
//!
//! | question | file |
//! |---|---|
//! | a changed crisis | [`variation`] |
//! | what policies, structures and mindsets change | [`declared`] |
//! | many of them, solved side by side | [`evaluate`] |
//! | futures drawn from the declared ranges | [`draws`] |
//! | how far the answer follows from the assumptions | [`range`] |
//! | the answer against comparable crises | [`base_rates`] |
//! | policies on the same futures | [`policies`] |
//! | under which conditions a policy fails | [`conditions`] |
//! | plans as seen from a decision | [`plan`] |
//! | planned values by named term | [`terms`] |
//! | where a decision is looked at | [`places`] |
//! | what force costs, by term | [`force`] |
//! | how often proportionality binds | [`proportion`] |
//! | prices over time, and against thresholds | [`prices`] |
//! | what a cover is worth | [`premium`] |
//! | who dominates which rung | [`dominance`] |
//! | fronts beyond what an actor would bear | [`ceilings`] |
//! | whether there is room for a deal | [`room`] |
//! | randomness in conduct and the image of it | [`image`] |
//! | red lines in the game's tables | [`line`] |
//! | how far a threat falls short | [`gap`] |
//! | what a gap is made of | [`split`] |
//! | what a choice owes to what it teaches | [`reputation`] |
//! | what would change the answer | [`drivers`] |
//! | one assumption at a time, and where something changes | [`tornado`], [`tipping`], [`roots`] |
//! | whose doubt it is | [`shares`] |
//! | what is believed of a side, and what moved it | [`credibility`] |
//! | which games single choices cannot be read from | [`apart`] |
//! | what can never come about | [`unreached`] |
//! | which other stationary solutions there are | [`equilibria`] |
//! | whether restraint lowers the chance of being struck | [`assurance`] |

pub mod accidents;
pub mod account;
pub mod answers;
pub mod apart;
pub mod assurance;
pub mod attrition;
pub mod audits;
pub mod base_rates;
pub mod causes;
pub mod ceilings;
pub mod chokepoint;
pub mod conditions;
pub mod credibility;
pub mod declared;
pub mod dominance;
pub mod draws;
pub mod drivers;
pub mod equilibria;
pub mod evaluate;
pub mod force;
mod forever;
pub mod freezing;
pub mod gap;
pub mod image;
pub mod line;
pub mod mechanical;
pub mod observe;
pub mod paths;
pub mod places;
pub mod plan;
pub mod policies;
pub mod predictability;
pub mod premium;
pub mod prices;
pub mod proportion;
pub mod prospect;
pub mod range;
pub mod reputation;
pub mod resolve;
pub mod room;
pub mod roots;
pub mod shares;
pub mod split;
pub mod switches;
mod tastes;
pub mod terms;
pub mod tipping;
pub mod tornado;
pub mod trace;
pub mod unreached;
pub mod variation;
pub mod watch;
