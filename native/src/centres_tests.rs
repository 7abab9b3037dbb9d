//! Every kernel that runs here, beside fractions that are compared as such.

use super::*;
use std::cmp::Ordering;

/// A linear congruential generator (the constants of Knuth's MMIX), of which the high bits are taken.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0 >> 11) * u128::from(limit)) >> 53) as u64
    }

    fn bytes(&mut self, count: usize, values: u64) -> Vec<u8> {
        (0..count).map(|_| self.below(values) as u8).collect()
    }

    /// Means of so many vectors at most, whose values are near `values`.
    fn centres(&mut self, count: usize, length: usize, most: u64, values: u64) -> Vec<u64> {
        let each = |random: &mut Self| {
            let vectors = 1 + random.below(most);
            let sums = (0..length).map(|_| random.below(vectors * (values - 1) + 1)).collect::<Vec<_>>();
            [vec![vectors], sums].concat()
        };
        (0..count).flat_map(|_| each(self)).collect()
    }
}

/// Numbers of 256 bits, from the lowest 64 on: as many as n^2 |x n - S|^2 needs.
type Wide = [u64; 4];

fn product(a: u128, b: u128) -> Wide {
    let mut wide = [0; 4];
    let halves = |number: u128| [number as u64, (number >> 64) as u64];
    for (i, a) in halves(a).into_iter().enumerate() {
        let mut carry = 0;
        for (j, b) in halves(b).into_iter().enumerate() {
            let sum = u128::from(wide[i + j]) + u128::from(a) * u128::from(b) + carry;
            (wide[i + j], carry) = (sum as u64, sum >> 64);
        }
        wide[i + 2] = carry as u64;
    }
    wide
}

/// |x n - S|^2, and n^2: the distance is their quotient.
fn distance(vector: &[u8], centre: &[u64]) -> (u128, u128) {
    let count = i128::from(centre[0]);
    let differences = vector.iter().zip(&centre[1..]).map(|(value, sum)| {
        let difference = i128::from(*value) * count - i128::from(*sum);
        (difference * difference) as u128
    });
    (differences.sum(), (count * count) as u128)
}

fn slow(vector: &[u8], centres: &[u64]) -> usize {
    let all = centres.chunks_exact(1 + vector.len()).map(|centre| distance(vector, centre)).enumerate();
    let nearer = |a: (u128, u128), b: (u128, u128)| product(a.0, b.1).iter().rev().cmp(product(b.0, a.1).iter().rev());
    all.reduce(|best, one| if nearer(one.1, best.1) == Ordering::Less { one } else { best }).expect("there is one").0
}

/// Gives how often each centre was the nearest.
fn check(centres: &[u64], length: usize, vectors: &[u8]) -> Vec<u64> {
    let count = centres.len() / (1 + length);
    let mut totals = vec![0; count * (length + 2)];
    let expected: Vec<_> = vectors.chunks_exact(length).map(|vector| slow(vector, centres) as u32).collect();
    for (vector, centre) in vectors.chunks_exact(length).zip(&expected) {
        let totals = &mut totals[*centre as usize * (length + 2)..][..length + 2];
        totals[0] += 1;
        for (at, value) in vector.iter().enumerate() {
            totals[1] += u64::from(*value).pow(2);
            totals[2 + at] += u64::from(*value);
        }
    }
    for kernel in kernels() {
        let prepared = Centres::by(kernel, centres, length).expect("they are sound");
        let (mut found, mut sums) = (vec![7; expected.len()], vec![7; totals.len()]);
        prepared.assign(vectors, &mut found, &mut sums);
        assert!(found == expected, "{} lanes, {count} centres of {length}: {found:?} {expected:?}", kernel.lanes);
        assert!(sums == totals, "{} lanes, {count} centres of {length}", kernel.lanes);
    }
    totals.chunks_exact(length + 2).map(|totals| totals[0]).collect()
}

#[test]
fn equal_one_by_one_at_every_shape() {
    let mut random = Random(1);
    for length in [1, 2, 3, 4, 5, 31, 63, 64, 65, 66, 192] {
        for count in [1, 2, 3, 5, 10, 12, 13, 24, 25, 40] {
            for vectors in [1, 15, 33, 70] {
                for most in [1, 9, 1 << 31] {
                    let centres = random.centres(count, length, most, 256);
                    check(&centres, length, &random.bytes(vectors * length, 256));
                }
            }
        }
    }
}

#[test]
fn equal_one_by_one_for_long_vectors() {
    let mut random = Random(2);
    for (length, count) in [(255, 7), (258, 7), (259, 7), (516, 3), (784, 11), (2352, 14), (33_025, 4), (66_051, 3)] {
        let centres = random.centres(count, length, 1 << 31, 256);
        check(&centres, length, &random.bytes(20 * length, 256));
    }
}

#[test]
fn the_extremes_are_no_overflow() {
    for length in [2, 64, 258, 259, 2352, 33_025, 66_051] {
        let count = 1 << 31;
        let centre = |value: u64| [vec![count], vec![value * count; length]].concat();
        let half = [vec![2], vec![255; length]].concat();
        let centres = [centre(0), centre(255), half].concat();
        let mixed = (0..length).map(|at| if at % 2 == 0 { 0 } else { 255 }).collect();
        let vectors = [vec![0; length], vec![255; length], vec![127; length], mixed].concat();
        let nearest = check(&centres, length, &vectors);
        assert_eq!(nearest[..2], [1, 1]);
    }
}

/// The n-th part of a unit, or nothing, decides: no approximation tells them apart.
#[test]
fn what_is_nearly_or_quite_as_near_is_told_apart() {
    let mut random = Random(3);
    for length in [1, 3, 64, 192, 2352] {
        let count = (1 << 31) - 1;
        for _ in 0..20 {
            let vector = random.bytes(length, 256);
            let whole: Vec<u64> = vector.iter().map(|value| u64::from(*value)).collect();
            // As far above and below the vector, where there is room for it.
            let offsets: Vec<u64> =
                whole.iter().map(|value| random.below((*value).min(255 - value) * count + 1)).collect();
            let above: Vec<u64> = whole.iter().zip(&offsets).map(|(value, offset)| value * count + offset).collect();
            let below: Vec<u64> = whole.iter().zip(&offsets).map(|(value, offset)| value * count - offset).collect();
            let centre = |sums: &[u64]| [vec![count], sums.to_vec()].concat();
            let (above, below) = (centre(&above), centre(&below));
            assert_eq!(check(&[above.clone(), below.clone()].concat(), length, &vector), [1, 0]);
            assert_eq!(check(&[below.clone(), above.clone()].concat(), length, &vector), [1, 0]);
            let at = random.below(length as u64) as usize;
            if offsets[at] > 0 {
                let mut nearer = above.clone();
                nearer[1 + at] -= 1;
                assert_eq!(check(&[below, nearer.clone(), above].concat(), length, &vector), [0, 1, 0]);
            }
        }
    }
}

#[test]
fn equal_centres_of_other_counts_are_ties() {
    let mut random = Random(4);
    for length in [1, 3, 64, 259] {
        let values: Vec<u64> = random.bytes(length, 256).into_iter().map(u64::from).collect();
        let times = |count: u64| [vec![count], values.iter().map(|value| value * count).collect()].concat();
        let centres = [times(3), times(1), times(1 << 31), times(7)].concat();
        assert_eq!(check(&centres, length, &random.bytes(50 * length, 256)), [50, 0, 0, 0]);
    }
}

#[test]
fn few_values_make_ties_and_all_vectors_may_be_equal() {
    let mut random = Random(5);
    for (values, length) in [(1, 9), (2, 3), (2, 1), (3, 6), (2, 64)] {
        for count in [2, 10, 33] {
            let centres = random.centres(count, length, 2, values);
            check(&centres, length, &random.bytes(90 * length, values));
            check(&centres, length, &random.bytes(length, 256).repeat(40));
        }
    }
}

#[test]
fn more_vectors_than_are_held_and_more_centres_than_a_block() {
    let mut random = Random(6);
    let centres = random.centres(700, 100, 1 << 20, 256);
    check(&centres, 100, &random.bytes(400 * 100, 256));
    let centres = random.centres(6, 3, 1 << 20, 256);
    check(&centres, 3, &random.bytes(100_000 * 3, 256));
    let centres = random.centres(40_000, 1, 1 << 31, 256);
    check(&centres, 1, &random.bytes(40, 256));
}

#[test]
fn no_vectors_have_no_nearest() {
    assert_eq!(check(&[1, 5, 2, 9], 1, &[]), [0, 0]);
}

#[test]
fn unfit_centres_are_refused() {
    let refused = |numbers: &[u64], length| Centres::new(numbers, length).err().expect("they are unfit").to_string();
    for length in [0, MOST_LENGTH + 1] {
        assert_eq!(refused(&vec![1; length + 1], length), "Expected vectors of 1 to 66051 bytes.");
    }
    let many = vec![1; 5 * ((MOST_VALUES / 4) + 1)];
    for (numbers, length) in [(&[][..], 3), (&[1, 2, 3, 4, 5], 3), (&many, 4)] {
        assert_eq!(refused(numbers, length), "Expected one or more whole centres, of at most 1048576 values in all.");
    }
    for numbers in [[0, 0], [(1 << 31) + 1, 0], [1, 256], [1 << 31, (255 << 31) + 1]] {
        assert_eq!(refused(&numbers, 1), "Expected counts of 1 to 2^31, and sums of so many bytes.");
    }
}
