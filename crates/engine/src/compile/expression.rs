//! Expressions made fast: folded with the parameters' values, then tabulated over the levels of the
//! few variables they read. What reads too many variables for a table is interpreted.

use super::Levels;
use climbdown_lang::check::constant::binary;
use climbdown_lang::library::Function;
use climbdown_lang::scenario::{BinaryOp, Expr, ExprKind};
use climbdown_lang::{Diagnostic, Scenario, Span};
use std::cell::RefCell;

use super::findings::Findings;

/// Largest table of one expression.
const TABLE: usize = 512;

/// Whose value an expression is, and at which beliefs it is taken.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// Actor and type for whom type conditions are decided.
    pub seat: Option<(u32, u32)>,
    /// Value put for `belief(actor.type)`; none where beliefs have no place.
    pub belief: Option<&'a dyn BeliefAt>,
}

/// Beliefs at which an expression is taken.
pub trait BeliefAt: std::fmt::Debug {
    /// Belief that `actor` is of `kind`.
    fn belief(&self, actor: u32, kind: u32) -> f64;
}

/// Conditions and numbers about the public state alone.
pub const PUBLIC: Holder<'static> = Holder {
    seat: None,
    belief: None,
};

/// A lowered expression and where it was written.
#[derive(Clone, Debug)]
pub struct Value {
    form: Form,
    /// Where it is written.
    pub span: Span,
}

#[derive(Clone, Debug)]
enum Form {
    Constant(f64),
    Table {
        reads: Box<[(u32, u32)]>,
        values: Box<[f64]>,
    },
    /// Interpreted; needs the interpreted derived quantities below this index.
    Tree {
        root: Node,
        derived_below: usize,
    },
}

#[derive(Clone, Debug)]
enum Node {
    Number(f64),
    Level(usize),
    Derived(usize),
    Negate(Box<Node>),
    Not(Box<Node>),
    Binary(BinaryOp, Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    ByLevel {
        variable: usize,
        arms: Box<[u32]>,
        values: Box<[Node]>,
    },
    Call(Function, Box<[Node]>),
}

/// Lowered derived quantities, and the place where expressions are evaluated.
#[derive(Debug)]
pub struct Bank {
    parameters: Vec<f64>,
    radix: Vec<usize>,
    derived: Vec<Form>,
    /// Variables that each derived quantity reads, ascending.
    derived_reads: Vec<Vec<u32>>,
    cache: RefCell<Cache>,
}

/// Interpreted derived quantities at the state last asked for.
#[derive(Debug, Default)]
struct Cache {
    levels: Vec<u16>,
    values: Vec<f64>,
}

impl Bank {
    /// Lowers the derived quantities, each of which uses only earlier ones.
    pub fn of(scenario: &Scenario, findings: &mut Findings) -> Self {
        let mut bank = Self {
            parameters: scenario.parameters.iter().map(|p| p.central).collect(),
            radix: scenario.variables.iter().map(|v| v.levels.len()).collect(),
            derived: Vec::with_capacity(scenario.derived.len()),
            derived_reads: Vec::with_capacity(scenario.derived.len()),
            cache: RefCell::default(),
        };
        for derived in &scenario.derived {
            let (form, reads) = bank.form(&derived.value, PUBLIC, findings);
            bank.derived.push(form);
            bank.derived_reads.push(reads);
        }
        bank
    }

    /// Lowers an expression.
    pub fn lower(&self, expr: &Expr, holder: Holder, findings: &mut Findings) -> Value {
        Value {
            form: self.form(expr, holder, findings).0,
            span: expr.span,
        }
    }

    fn form(&self, expr: &Expr, holder: Holder, findings: &mut Findings) -> (Form, Vec<u32>) {
        let root = self.fold(expr, holder, findings);
        if let Node::Number(value) = root {
            return (Form::Constant(value), Vec::new());
        }
        let mut read = vec![false; self.radix.len()];
        let mut derived_below = 0;
        self.reads(&root, &mut read, &mut derived_below);
        let reads: Vec<u32> = (0..read.len() as u32)
            .filter(|v| read[*v as usize])
            .collect();
        let size = reads.iter().try_fold(1usize, |size, v| {
            size.checked_mul(self.radix[*v as usize])
                .filter(|size| *size <= TABLE)
        });
        let form = match size {
            Some(size) => self.tabulate(&root, derived_below, &reads, size),
            None => Form::Tree {
                root,
                derived_below,
            },
        };
        (form, reads)
    }

    fn tabulate(&self, root: &Node, derived_below: usize, reads: &[u32], size: usize) -> Form {
        let mut levels = vec![0u16; self.radix.len()];
        let mut values = Vec::with_capacity(size);
        for place in 0..size {
            let mut rest = place;
            for v in reads.iter().rev() {
                let radix = self.radix[*v as usize];
                levels[*v as usize] = (rest % radix) as u16;
                rest /= radix;
            }
            self.prepare(derived_below, &levels);
            values.push(self.evaluate(root, &levels));
        }
        let mut stride = 1u32;
        let mut with_stride: Vec<(u32, u32)> = Vec::with_capacity(reads.len());
        for v in reads.iter().rev() {
            with_stride.push((*v, stride));
            stride *= self.radix[*v as usize] as u32;
        }
        Form::Table {
            reads: with_stride.into(),
            values: values.into(),
        }
    }

    /// The expression with parameters, types and beliefs put in and constants folded.
    fn fold(&self, expr: &Expr, holder: Holder, findings: &mut Findings) -> Node {
        match &expr.kind {
            ExprKind::Number(value) => Node::Number(*value),
            ExprKind::Parameter(id) => Node::Number(self.parameters[id.0 as usize]),
            ExprKind::Derived(id) => match self.derived.get(id.0 as usize) {
                Some(Form::Constant(value)) => Node::Number(*value),
                _ => Node::Derived(id.0 as usize),
            },
            ExprKind::Level(variable) => Node::Level(variable.0 as usize),
            ExprKind::IsType(actor, kind) => match holder.seat {
                Some((a, k)) if a == actor.0 => Node::Number(f64::from(k == *kind)),
                _ => {
                    findings.report("E1116", expr.span, || {
                        Diagnostic::error(
                            "E1116",
                            expr.span,
                            "a type is asked for where it is not known",
                        )
                        .label("types are known only in the payoffs of their own actor")
                    });
                    Node::Number(0.0)
                }
            },
            ExprKind::Belief(actor, kind) => match holder.belief {
                Some(at) => Node::Number(at.belief(actor.0, *kind)),
                None => {
                    findings.report("E1116", expr.span, || {
                        Diagnostic::error(
                            "E1116",
                            expr.span,
                            "a belief is asked for outside `afterwards`",
                        )
                        .label("beliefs may be used only under an actor's `afterwards`")
                    });
                    Node::Number(0.0)
                }
            },
            ExprKind::Negate(x) => match self.fold(x, holder, findings) {
                Node::Number(x) => Node::Number(-x),
                x => Node::Negate(Box::new(x)),
            },
            ExprKind::Not(x) => match self.fold(x, holder, findings) {
                Node::Number(x) => Node::Number(f64::from(x == 0.0)),
                x => Node::Not(Box::new(x)),
            },
            ExprKind::Binary(op, a, b) => {
                let pair = [
                    self.fold(a, holder, findings),
                    self.fold(b, holder, findings),
                ];
                match pair {
                    [Node::Number(a), Node::Number(b)] => Node::Number(binary(*op, a, b)),
                    pair => Node::Binary(*op, Box::new(pair)),
                }
            }
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => match self.fold(condition, holder, findings) {
                Node::Number(c) if c != 0.0 => self.fold(then, holder, findings),
                Node::Number(_) => self.fold(otherwise, holder, findings),
                condition => Node::If(Box::new([
                    condition,
                    self.fold(then, holder, findings),
                    self.fold(otherwise, holder, findings),
                ])),
            },
            ExprKind::ByLevel {
                variable,
                arms,
                values,
            } => Node::ByLevel {
                variable: variable.0 as usize,
                arms: arms.clone().into(),
                values: values
                    .iter()
                    .map(|v| self.fold(v, holder, findings))
                    .collect(),
            },
            ExprKind::Call(function, arguments) => {
                let arguments: Vec<Node> = arguments
                    .iter()
                    .map(|a| self.fold(a, holder, findings))
                    .collect();
                let numbers: Option<Vec<f64>> = arguments
                    .iter()
                    .map(|a| {
                        if let Node::Number(x) = a {
                            Some(*x)
                        } else {
                            None
                        }
                    })
                    .collect();
                match numbers {
                    Some(numbers) => Node::Number(function.value(&numbers)),
                    None => Node::Call(*function, arguments.into()),
                }
            }
        }
    }

    /// Marks the variables that a folded expression reads.
    fn reads(&self, node: &Node, read: &mut [bool], derived_below: &mut usize) {
        match node {
            Node::Number(_) => {}
            Node::Level(v) => read[*v] = true,
            Node::Derived(d) => {
                for v in &self.derived_reads[*d] {
                    read[*v as usize] = true;
                }
                if matches!(self.derived[*d], Form::Tree { .. }) {
                    *derived_below = (*derived_below).max(d + 1);
                }
            }
            Node::Negate(x) | Node::Not(x) => self.reads(x, read, derived_below),
            Node::Binary(_, pair) => pair.iter().for_each(|x| self.reads(x, read, derived_below)),
            Node::If(three) => three
                .iter()
                .for_each(|x| self.reads(x, read, derived_below)),
            Node::ByLevel {
                variable, values, ..
            } => {
                read[*variable] = true;
                values
                    .iter()
                    .for_each(|x| self.reads(x, read, derived_below));
            }
            Node::Call(_, arguments) => {
                arguments
                    .iter()
                    .for_each(|x| self.reads(x, read, derived_below));
            }
        }
    }

    /// A derived quantity in a state. Not a number where it has no value.
    pub fn derived(&self, derived: usize, levels: &Levels) -> f64 {
        self.prepare(self.derived.len(), levels);
        self.evaluate(&Node::Derived(derived), levels)
    }

    /// The value in a state. Not a number where the expression has none.
    #[inline]
    pub fn value(&self, value: &Value, levels: &Levels) -> f64 {
        self.value_of(&value.form, levels)
    }

    #[inline]
    fn value_of(&self, form: &Form, levels: &Levels) -> f64 {
        match form {
            Form::Constant(value) => *value,
            Form::Table { reads, values } => values[place(reads, levels)],
            Form::Tree {
                root,
                derived_below,
            } => {
                self.prepare(*derived_below, levels);
                self.evaluate(root, levels)
            }
        }
    }

    /// Brings the interpreted derived quantities below `derived_below` up to date, in order, so
    /// that none is computed twice for one state and no chain of them is followed by recursion.
    fn prepare(&self, derived_below: usize, levels: &Levels) {
        if derived_below == 0 {
            return;
        }
        let known = {
            let mut cache = self.cache.borrow_mut();
            if cache.levels != levels {
                cache.levels.clear();
                cache.levels.extend_from_slice(levels);
                cache.values.clear();
            }
            cache.values.len()
        };
        for d in known..derived_below {
            let value = match &self.derived[d] {
                Form::Tree { root, .. } => self.evaluate(root, levels),
                _ => 0.0,
            };
            self.cache.borrow_mut().values.push(value);
        }
    }

    fn evaluate(&self, node: &Node, levels: &Levels) -> f64 {
        match node {
            Node::Number(value) => *value,
            Node::Level(v) => f64::from(levels[*v]),
            Node::Derived(d) => match &self.derived[*d] {
                Form::Tree { .. } => self.cache.borrow().values[*d],
                form => self.value_of(form, levels),
            },
            Node::Negate(x) => -self.evaluate(x, levels),
            Node::Not(x) => f64::from(self.evaluate(x, levels) == 0.0),
            Node::Binary(op, pair) => {
                let a = self.evaluate(&pair[0], levels);
                match op {
                    BinaryOp::And if a == 0.0 => 0.0,
                    BinaryOp::Or if a != 0.0 && !a.is_nan() => 1.0,
                    op => binary(*op, a, self.evaluate(&pair[1], levels)),
                }
            }
            Node::If(three) => {
                let branch = if self.evaluate(&three[0], levels) == 0.0 {
                    2
                } else {
                    1
                };
                self.evaluate(&three[branch], levels)
            }
            Node::ByLevel {
                variable,
                arms,
                values,
            } => self.evaluate(&values[arms[levels[*variable] as usize] as usize], levels),
            Node::Call(function, arguments) => {
                let arguments: Vec<f64> =
                    arguments.iter().map(|a| self.evaluate(a, levels)).collect();
                function.value(&arguments)
            }
        }
    }
}

#[inline]
fn place(reads: &[(u32, u32)], levels: &Levels) -> usize {
    reads
        .iter()
        .map(|(v, stride)| levels[*v as usize] as usize * *stride as usize)
        .sum()
}

impl Value {
    /// A constant.
    pub fn constant(value: f64, span: Span) -> Self {
        Self {
            form: Form::Constant(value),
            span,
        }
    }

    /// The value if it is the same in all states.
    pub fn as_constant(&self) -> Option<f64> {
        if let Form::Constant(value) = self.form {
            Some(value)
        } else {
            None
        }
    }
}
