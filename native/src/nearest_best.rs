//! The nearest that were found so far.

/// At most `k` are kept, and as many more until they are sorted out: that takes each a constant time, however large `k` is.
#[derive(Clone)]
pub struct Best {
    /// Distance, then index: keys differ, and their order is that of the result.
    keys: Vec<u64>,
    k: usize,
    bound: u32,
}

impl Best {
    pub fn of(k: usize) -> Self {
        Self { keys: Vec::new(), k, bound: u32::MAX }
    }

    /// Take one that is nearer than the last bound, and whose index is larger than all before; give the bound for the next.
    ///
    /// What is as far as the bound comes behind `k` of smaller index. The largest distance is less than `u32::MAX`.
    pub fn offer(&mut self, distance: u32, index: u32) -> u32 {
        self.keys.push(u64::from(distance) << 32 | u64::from(index));
        if self.keys.len() == 2 * self.k {
            self.keys.select_nth_unstable(self.k - 1);
            self.keys.truncate(self.k);
            self.bound = (self.keys[self.k - 1] >> 32) as u32;
        }
        self.bound
    }

    /// Put the `k` nearest of all in order.
    pub fn put(mut self, indices: &mut [u32], distances: &mut [u32]) {
        self.keys.sort_unstable();
        for (key, (index, distance)) in self.keys.iter().zip(indices.iter_mut().zip(distances)) {
            (*index, *distance) = (*key as u32, (key >> 32) as u32);
        }
    }
}
