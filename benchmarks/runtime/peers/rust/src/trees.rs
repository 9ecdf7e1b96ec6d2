//! Work that divides itself, on tokio.

use crate::matmul::Squares;
use crate::uts;
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

/// One task for each node.
pub fn nodes(node: u64, depth: u32) -> Number {
    Box::pin(async move {
        let children: Vec<_> = uts::children(node, depth)
            .map(|child| tokio::spawn(nodes(child, depth - 1)))
            .collect();
        let mut sum = 1;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

pub fn product(squares: Squares) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if squares.is_least() {
            return squares.multiply();
        }
        for phase in 0..2 {
            let tasks = squares.parts(phase).map(|part| tokio::spawn(product(part)));
            for task in tasks {
                task.await.unwrap();
            }
        }
    })
}
