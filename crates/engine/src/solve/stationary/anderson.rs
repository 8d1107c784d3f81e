//! Anderson's extrapolation of a fixed-point iteration x ← g(x): the next point is the combination of
//! the last ones whose errors g(x) − x, taken as linear in x, cancel best.

use rayon::prelude::*;

/// A direction of which the others span all but this part (squared) is left out.
const SPANNED: f64 = 1e-12;
/// Terms that are summed one after the other; the sums are added in their order, so that the result has
/// the same bits for any number of threads.
const CHUNK: usize = 1 << 14;

/// What is remembered of the points before.
pub struct Anderson {
    /// Points that are combined at most.
    depth: usize,
    /// Changes of the error, oldest first.
    errors: Vec<Vec<f64>>,
    /// Changes of g, likewise.
    images: Vec<Vec<f64>>,
    /// Products of the changes of the error: `[i][j]`.
    products: Vec<Vec<f64>>,
    /// Error and image of the last point.
    last: Option<(Vec<f64>, Vec<f64>)>,
}

impl Anderson {
    /// Combines at most `depth` points.
    pub fn new(depth: usize) -> Self {
        Self {
            depth,
            errors: Vec::new(),
            images: Vec::new(),
            products: Vec::new(),
            last: None,
        }
    }

    /// Vectors in memory, each of one number for each of a point, where `depth` are combined.
    pub fn vectors(depth: usize) -> usize {
        2 * (depth + 1)
    }

    /// Forgets all points.
    pub fn forget(&mut self) {
        *self = Self::new(self.depth);
    }

    /// The step from the image of a point, whose error in the units in which it is measured is `error`,
    /// to the next point; and how many points before were used.
    pub fn step(&mut self, error: Vec<f64>, image: &[f64]) -> (Vec<f64>, usize) {
        if let Some((last_error, last_image)) = self.last.take() {
            if self.errors.len() == self.depth {
                self.errors.remove(0);
                self.images.remove(0);
                self.products.remove(0);
                self.products.iter_mut().for_each(|row| {
                    row.remove(0);
                });
            }
            // The memory of the last point becomes that of the change.
            self.errors.push(minus(&error, last_error));
            self.images.push(minus(image, last_image));
            let newest = self.errors.len() - 1;
            let row: Vec<f64> = (self.errors.iter())
                .map(|other| dot(other, &self.errors[newest]))
                .collect();
            for (products, product) in self.products.iter_mut().zip(&row) {
                products.push(*product);
            }
            self.products.push(row);
        }
        let right: Vec<f64> = self.errors.iter().map(|e| dot(e, &error)).collect();
        let shares = least_squares(&self.products, &right);
        let used = shares.iter().filter(|s| **s != 0.0).count();
        let mut step = vec![0.0; image.len()];
        for (share, change) in shares.iter().zip(&self.images) {
            if *share != 0.0 {
                let pairs = step.par_iter_mut().with_min_len(CHUNK).zip(change);
                pairs.for_each(|(x, c)| *x -= share * c);
            }
        }
        self.last = Some((error, image.to_vec()));
        (step, used)
    }
}

/// a − b, in the memory of b.
fn minus(a: &[f64], mut b: Vec<f64>) -> Vec<f64> {
    let pairs = b.par_iter_mut().with_min_len(CHUNK).zip(a);
    pairs.for_each(|(b, a)| *b = a - *b);
    b
}

/// Σ ab.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let sums: Vec<f64> = (a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)))
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum())
        .collect();
    sums.iter().sum()
}

/// The shares c of columns with the given products among each other and with a target for which the
/// target less Σ c·column is shortest: Cholesky's factors with pivots, over columns of length one.
fn least_squares(products: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let length: Vec<f64> = (0..n).map(|i| products[i][i].sqrt()).collect();
    let usable = |i: usize| length[i] > 0.0 && length[i].is_finite();
    let mut order: Vec<usize> = Vec::new();
    // Rows of the factor, by column; what is left of each column's square.
    let mut factor: Vec<Vec<f64>> = vec![Vec::new(); n];
    let mut left: Vec<f64> = (0..n).map(|i| if usable(i) { 1.0 } else { 0.0 }).collect();
    while order.len() < n {
        let best = (0..n)
            .filter(|i| !order.contains(i))
            .fold(None, |best: Option<usize>, i| match best {
                Some(b) if left[b] >= left[i] => Some(b),
                _ => Some(i),
            });
        let Some(pivot) = best.filter(|b| left[*b] > SPANNED) else {
            break;
        };
        let root = left[pivot].sqrt();
        for i in (0..n).filter(|i| usable(*i) && (*i == pivot || !order.contains(i))) {
            let entry = if i == pivot {
                root
            } else {
                let known = factor[i].iter().zip(&factor[pivot]).map(|(a, b)| a * b);
                let product = products[i][pivot] / (length[i] * length[pivot]);
                (product - known.sum::<f64>()) / root
            };
            left[i] -= entry * entry;
            factor[i].push(entry);
        }
        order.push(pivot);
    }
    let m = order.len();
    let mut solved = vec![0.0; m];
    for k in 0..m {
        let i = order[k];
        let known: f64 = (0..k).map(|l| factor[i][l] * solved[l]).sum();
        solved[k] = (right[i] / length[i] - known) / factor[i][k];
    }
    for k in (0..m).rev() {
        let known: f64 = (k + 1..m).map(|l| factor[order[l]][k] * solved[l]).sum();
        solved[k] = (solved[k] - known) / factor[order[k]][k];
    }
    let mut shares = vec![0.0; n];
    for (k, i) in order.iter().enumerate() {
        shares[*i] = solved[k] / length[*i];
    }
    shares
}
