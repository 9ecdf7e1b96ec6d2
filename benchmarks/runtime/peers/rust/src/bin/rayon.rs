//! Work that divides itself on rayon: `rayon WORKLOAD WORKERS SAMPLES` prints nanoseconds for each
//! call or task, once for each sample.  No futures: this is what fork and join cost at their best.

#[path = "../matmul.rs"]
mod matmul;
#[path = "../uts.rs"]
mod uts;

use matmul::Squares;
use std::time::Instant;

const ALL: u64 = (1 << 9) - 1;

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}

fn queens(columns: u64, left: u64, right: u64) -> u64 {
    fn parts(columns: u64, left: u64, right: u64, free: u64) -> u64 {
        if free == 0 {
            return 0;
        }
        let place = free & free.wrapping_neg();
        let (a, b) = rayon::join(
            || {
                queens(
                    columns | place,
                    ((left | place) << 1) & ALL,
                    (right | place) >> 1,
                )
            },
            || parts(columns, left, right, free & (free - 1)),
        );
        a + b
    }
    if columns == ALL {
        return 1;
    }
    parts(columns, left, right, ALL & !(columns | left | right))
}

fn skynet(num: u64, size: u64) -> u64 {
    fn parts(num: u64, part: u64, count: u64) -> u64 {
        if count == 1 {
            return skynet(num, part);
        }
        let (a, b) = rayon::join(|| skynet(num, part), || parts(num + part, part, count - 1));
        a + b
    }
    if size == 1 {
        return num;
    }
    parts(num, size / 10, 10)
}

fn nodes(node: u64, depth: u32) -> u64 {
    fn parts(children: &[u64], depth: u32) -> u64 {
        match children {
            [] => 0,
            [child] => nodes(*child, depth),
            [child, rest @ ..] => {
                let (a, b) = rayon::join(|| nodes(*child, depth), || parts(rest, depth));
                a + b
            }
        }
    }
    let children: Vec<u64> = uts::children(node, depth).collect();
    1 + parts(&children, depth.saturating_sub(1))
}

fn product(squares: Squares) {
    if squares.is_least() {
        return squares.multiply();
    }
    for phase in 0..2 {
        let [a, b, c, d] = squares.parts(phase);
        rayon::join(
            || rayon::join(|| product(a), || product(b)),
            || rayon::join(|| product(c), || product(d)),
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (workers, samples) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()
        .unwrap();
    for _ in 0..samples {
        let mut matrices = matmul::Matrices::new();
        let squares = matrices.squares();
        let begin = Instant::now();
        let operations = pool.install(|| match arguments[1].as_str() {
            "fib" => {
                assert_eq!(std::hint::black_box(fib(25)), 75025);
                242_785.0
            }
            "nqueens" => {
                assert_eq!(std::hint::black_box(queens(0, 0, 0)), 352);
                10_633.0
            }
            "uts" => {
                assert_eq!(nodes(uts::ROOT, uts::DEPTH), uts::NODES);
                uts::NODES as f64
            }
            "matmul" => {
                product(squares);
                matmul::PRODUCTS
            }
            "skynet" => {
                assert_eq!(std::hint::black_box(skynet(0, 1_000_000)), 499_999_500_000);
                1_111_111.0
            }
            _ => {
                eprintln!("no such workload");
                std::process::exit(2);
            }
        });
        println!("{}", begin.elapsed().as_secs_f64() * 1e9 / operations);
        if arguments[1] == "matmul" {
            matrices.check();
        }
    }
}
