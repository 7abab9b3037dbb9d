//! Which of some centres is the nearest one, by whole numbers.
//!
//! |x - S/n|^2 - |x|^2 = F / n^2 with F = |S|^2 - 2 n x.S. For vectors of up to 66,051 bytes and n of up to 2^31, x.S is
//! less than 2^63 and F less than 2^96. Two fractions F / n^2 are compared by their whole parts, then by what is left of
//! F, less than n^2 <= 2^62, times the other n^2, which is less than 2^124.

use std::cmp::Ordering;

/// Centres as they were given, and their numbers in fixed point.
pub struct Exact {
    length: usize,
    means: Vec<Mean>,
    sums: Vec<u64>,
    /// 256 (S/n - 128), rounded: -32,768 to 32,512.
    fixed: Vec<i16>,
}

struct Mean {
    count: i128,
    /// |S|^2.
    square: i128,
    /// |S - 128 n|^2.
    centred: i128,
    /// What rounding has left in all, in n-ths.
    rest: u64,
    /// `base` and `error` in units of 2^-8.
    base: i64,
    error: i64,
}

/// Of a candidate F / n^2: the whole part, and the rest over n^2.
struct Distance {
    whole: i128,
    rest: u128,
    over: u128,
}

impl Exact {
    /// Of each centre its count, and behind it `length` sums: as `Centres` has looked at them.
    pub fn of(numbers: &[u64], length: usize) -> Self {
        let count = numbers.len() / (1 + length);
        let mut exact = Self {
            length,
            means: Vec::with_capacity(count),
            sums: Vec::with_capacity(count * length),
            fixed: Vec::with_capacity(count * length),
        };
        for numbers in numbers.chunks_exact(1 + length) {
            exact.push(numbers[0] as i64, &numbers[1..]);
        }
        exact
    }

    fn push(&mut self, count: i64, sums: &[u64]) {
        let (mut square, mut centred, mut rest) = (0, 0, 0);
        for &sum in sums {
            let from_128 = sum as i64 - 128 * count;
            let fixed = (512 * from_128 + count).div_euclid(2 * count);
            square += i128::from(sum) * i128::from(sum);
            centred += i128::from(from_128) * i128::from(from_128);
            rest += (256 * from_128 - fixed * count).unsigned_abs();
            self.fixed.push(fixed as i16);
        }
        self.sums.extend_from_slice(sums);
        self.means.push(Mean { count: count.into(), square, centred, rest, base: 0, error: 0 });
        let centre = self.means.len() - 1;
        let (base, error) = (self.base(centre, 8), self.error(centre, 8));
        let mean = &mut self.means[centre];
        (mean.base, mean.error) = (base, error);
    }

    /// Bytes that it takes.
    #[cfg(not(target_family = "wasm"))]
    pub fn size(&self) -> usize {
        size_of_val(self.means.as_slice()) + size_of_val(self.sums.as_slice()) + size_of_val(self.fixed.as_slice())
    }

    /// The numbers of a centre.
    pub fn fixed(&self, centre: usize) -> &[i16] {
        &self.fixed[centre * self.length..(centre + 1) * self.length]
    }

    /// -|c|^2 / 2 in units of 2^-scale, rounded down.
    pub fn base(&self, centre: usize, scale: u32) -> i64 {
        let Mean { count, centred, .. } = self.means[centre];
        (-(centred << scale)).div_euclid(2 * count * count) as i64
    }

    /// How far x'.q may be from x'.c in units of 2^-scale, rounded up.
    pub fn error(&self, centre: usize, scale: u32) -> i64 {
        let Mean { count, rest, .. } = self.means[centre];
        (rest << scale).div_ceil(2 * count as u64) as i64
    }

    /// The nearest centre of a vector; of those that are equally near the first.
    pub fn nearest(&self, vector: &[u8]) -> usize {
        let gains: Vec<i64> =
            (0..self.means.len()).map(|at| self.means[at].base + dot(vector, self.fixed(at))).collect();
        let least = self.means.iter().zip(&gains).map(|(mean, gain)| gain - mean.error).max().unwrap_or(0);
        let may_be = |at: &usize| gains[*at] + self.means[*at].error + 1 >= least;
        let mut candidates = (0..gains.len()).filter(may_be).map(|at| (at, self.distance(at, vector)));
        let first = candidates.next().expect("the one with the greatest gain is one");
        candidates.fold(first, |best, one| if one.1.cmp(&best.1) == Ordering::Less { one } else { best }).0
    }

    fn distance(&self, centre: usize, vector: &[u8]) -> Distance {
        let Mean { count, square, .. } = self.means[centre];
        let sums = &self.sums[centre * self.length..(centre + 1) * self.length];
        let product: u64 = vector.iter().zip(sums).map(|(value, sum)| u64::from(*value) * sum).sum();
        let (above, over) = (square - 2 * count * i128::from(product), count * count);
        Distance { whole: above.div_euclid(over), rest: above.rem_euclid(over) as u128, over: over as u128 }
    }
}

impl Distance {
    fn cmp(&self, other: &Self) -> Ordering {
        self.whole.cmp(&other.whole).then_with(|| (self.rest * other.over).cmp(&(other.rest * self.over)))
    }
}

/// x'.q: parts of 256 values fit into 32 bits.
fn dot(vector: &[u8], fixed: &[i16]) -> i64 {
    let parts = vector.chunks(256).zip(fixed.chunks(256));
    parts.map(|(values, fixed)| i64::from(values.iter().zip(fixed).map(product).sum::<i32>())).sum()
}

fn product((value, fixed): (&u8, &i16)) -> i32 {
    i32::from(i16::from(*value) - 128) * i32::from(*fixed)
}
