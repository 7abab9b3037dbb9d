//! Every kernel that runs here, beside one distance after the other.

use super::*;

/// Bytes of a linear congruential generator (the constants of Numerical Recipes), each below `values` in all.
fn bytes(count: usize, values: u32, mut state: u32) -> Vec<u8> {
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) % values) as u8
    })
    .take(count)
    .collect()
}

fn slow(training: &[u8], length: usize, queries: &[u8], k: usize) -> Vec<(u32, u32)> {
    let each = queries.chunks_exact(length).flat_map(|query| {
        let distance = |vector: &[u8]| -> u64 {
            vector.iter().zip(query).map(|(t, q)| u64::from(t.abs_diff(*q)) * u64::from(t.abs_diff(*q))).sum()
        };
        let mut all: Vec<_> =
            (0..).zip(training.chunks_exact(length)).map(|(at, vector)| (distance(vector), at)).collect();
        all.sort();
        all.truncate(k);
        all
    });
    each.map(|(distance, at)| (at, u32::try_from(distance).expect("distances have 32 bits"))).collect()
}

fn check(training: &[u8], length: usize, queries: &[u8], k: usize) {
    let expected = slow(training, length, queries, k);
    for kernel in kernels() {
        let lanes = kernel.lanes;
        let training = Training::by(kernel, training, length).expect("it is sound");
        let (mut indices, mut distances) = (vec![0; expected.len()], vec![0; expected.len()]);
        training.find(queries, k, &mut indices, &mut distances);
        let found: Vec<_> = indices.into_iter().zip(distances).collect();
        assert!(found == expected, "{lanes} lanes, {} vectors of {length}, {k} nearest", training.count());
    }
}

#[test]
fn equal_one_by_one_at_every_shape() {
    for length in [1, 2, 3, 4, 5, 7, 16, 31, 64, 97] {
        for count in [1, 2, 7, 8, 9, 31, 32, 33, 100] {
            for queries in [1, 3, 13] {
                let training = bytes(count * length, 256, (count + length) as u32);
                let queries = bytes(queries * length, 256, 7);
                for k in [1, 2, 5, count] {
                    check(&training, length, &queries, k.min(count));
                }
            }
        }
    }
}

#[test]
fn ties_are_in_the_order_of_indices() {
    for (values, length) in [(1, 9), (2, 3), (2, 1), (3, 6)] {
        let training = bytes(500 * length, values, 3);
        check(&training, length, &bytes(9 * length, values, 4), 17);
        check(&training, length, &bytes(9 * length, values, 4), 499);
    }
}

#[test]
fn more_vectors_than_a_block_and_more_queries_than_are_held() {
    let training = bytes(3_000 * 784, 256, 5);
    check(&training, 784, &bytes(30 * 784, 256, 6), 5);
    let many = 200_000;
    let training = Training::new(&[0, 255, 3], 1).expect("it is sound");
    let queries = bytes(many, 256, 8);
    let (mut indices, mut distances) = (vec![0; 3 * many], vec![0; 3 * many]);
    training.find(&queries, 3, &mut indices, &mut distances);
    let expected = slow(&[0, 255, 3], 1, &queries, 3);
    assert!(indices.into_iter().zip(distances).eq(expected));
}

#[test]
fn the_greatest_distance_is_no_overflow() {
    let length = MOST_LENGTH;
    let training = [vec![0; length], vec![255; length], bytes(length, 256, 9)].concat();
    check(&training, length, &[vec![255; length], vec![0; length]].concat(), 3);
}

#[test]
fn unfit_vectors_are_refused() {
    let too_long = Training::new(&vec![0; MOST_LENGTH + 1], MOST_LENGTH + 1).err();
    assert_eq!(too_long, Some(Unfit("Expected vectors of 1 to 66051 bytes, so that distances have 32 bits.")));
    for (vectors, length) in [(&[][..], 3), (&[1, 2, 3, 4], 3)] {
        assert_eq!(Training::new(vectors, length).err(), Some(Unfit("Expected one to 2^32 - 1 whole vectors.")));
    }
    assert!(Training::new(&[1], 0).is_err());
}
