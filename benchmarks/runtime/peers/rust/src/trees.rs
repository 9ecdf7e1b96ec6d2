//! Work that divides itself, on tokio.

use std::future::Future;
use std::pin::Pin;

pub const FIB: u64 = 25;
pub const FIB_CALLS: f64 = 242_785.0;
pub const QUEENS_TASKS: f64 = 10_633.0;
const ALL: u64 = (1 << 9) - 1;

type Number = Pin<Box<dyn Future<Output = u64> + Send>>;

/// The first half is a task, the second is awaited in place.
pub fn fib(n: u64) -> Number {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let other = tokio::spawn(fib(n - 1));
        let own = fib(n - 2).await;
        own + other.await.unwrap()
    })
}

/// A board is the bits of its columns and diagonals.
pub fn queens(columns: u64, left: u64, right: u64) -> Number {
    Box::pin(async move {
        if columns == ALL {
            return 1;
        }
        let mut free = ALL & !(columns | left | right);
        let mut children = Vec::new();
        while free != 0 {
            let place = free & free.wrapping_neg();
            let (left, right) = (((left | place) << 1) & ALL, (right | place) >> 1);
            children.push(tokio::spawn(queens(columns | place, left, right)));
            free &= free - 1;
        }
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}
