//! Ends: conditions that stop the crisis, and what they are worth.
//!
//! The first declared end whose condition holds is the one that is met. It pays its value once and
//! then its flow over the same span as everything else: through the foresight, and `afterwards`.

use super::expression::{Bank, PUBLIC, Value};
use super::payoff::{Payoffs, SeatValues, rounds};
use super::{Context, Levels, Lowering};
use crate::game::{End, State};

/// The lowered ends.
#[derive(Clone, Debug)]
pub struct Ends {
    list: Vec<LoweredEnd>,
}

#[derive(Clone, Debug)]
struct LoweredEnd {
    when: Value,
    values: SeatValues,
    flows: SeatValues,
}

impl Ends {
    /// Lowers the ends.
    pub fn lower(lowering: &mut Lowering) -> Self {
        let scenario = lowering.scenario;
        let list = scenario
            .ends
            .iter()
            .map(|end| LoweredEnd {
                when: lowering.value(&end.when, PUBLIC),
                values: SeatValues::lower(
                    end.values.iter().map(|v| (v.actor, &v.value, 1.0)),
                    lowering,
                ),
                flows: SeatValues::lower(
                    end.flows
                        .iter()
                        .map(|f| (f.actor, &f.value, rounds(scenario.round_days, f.per_days))),
                    lowering,
                ),
            })
            .collect();
        Self { list }
    }

    /// The end that a state meets.
    #[inline]
    pub fn first(&self, levels: &Levels, bank: &Bank) -> Option<usize> {
        self.list.iter().position(|end| {
            let holds = bank.value(&end.when, levels);
            holds != 0.0 && !holds.is_nan()
        })
    }

    /// The table entry of an end state.
    pub fn entry(
        &self,
        end: usize,
        state: State,
        levels: &Levels,
        payoffs: &Payoffs,
        context: &mut Context,
    ) -> End {
        let mut value = vec![0.0; context.seats];
        let mut flow = vec![0.0; context.seats];
        self.list[end].values.add(levels, context, &mut value);
        self.list[end].flows.add(levels, context, &mut flow);
        let mut after = flow.clone();
        for (actor, first) in context.seat.iter().enumerate() {
            let kinds = context.kinds[actor];
            for slot in &mut after[*first..first + kinds] {
                *slot *= payoffs.structural_span(actor);
            }
        }
        End {
            state,
            value,
            flow,
            after,
        }
    }
}
