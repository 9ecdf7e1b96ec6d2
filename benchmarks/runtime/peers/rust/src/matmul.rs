//! A product of matrices by quadrants: what is multiplied, and the least product.  See c/matmul.c.

pub const SIZE: usize = 256;
pub const PRODUCTS: f64 = 4096.0;
const BLOCK: usize = 16;

/// c += a * b, each a square of a matrix of SIZE columns.
#[derive(Clone, Copy)]
pub struct Squares {
    a: *const f64,
    b: *const f64,
    c: *mut f64,
    size: usize,
}

// No two tasks of a phase write to the same square.
unsafe impl Send for Squares {}
unsafe impl Sync for Squares {}

impl Squares {
    pub fn is_least(&self) -> bool {
        self.size == BLOCK
    }

    pub fn multiply(&self) {
        for i in 0..BLOCK {
            for k in 0..BLOCK {
                unsafe {
                    let factor = *self.a.add(i * SIZE + k);
                    for j in 0..BLOCK {
                        *self.c.add(i * SIZE + j) += factor * *self.b.add(k * SIZE + j);
                    }
                }
            }
        }
    }

    /// What a phase multiplies: for each quadrant of c one of a and one of b.
    pub fn parts(&self, phase: usize) -> [Squares; 4] {
        let half = self.size / 2;
        let inner = phase * half;
        [(0, 0), (0, half), (half, 0), (half, half)].map(|(row, column)| unsafe {
            Squares {
                a: self.a.add(row * SIZE + inner),
                b: self.b.add(inner * SIZE + column),
                c: self.c.add(row * SIZE + column),
                size: half,
            }
        })
    }
}

/// The matrices, which must stay while the squares are used.
pub struct Matrices {
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
}

impl Matrices {
    pub fn new() -> Matrices {
        let values = |below: usize| (0..SIZE * SIZE).map(|i| (i % below) as f64).collect();
        Matrices {
            a: values(7),
            b: values(5),
            c: vec![0.0; SIZE * SIZE],
        }
    }

    pub fn squares(&mut self) -> Squares {
        Squares {
            a: self.a.as_ptr(),
            b: self.b.as_ptr(),
            c: self.c.as_mut_ptr(),
            size: SIZE,
        }
    }

    pub fn check(&self) {
        let sum: f64 = (0..SIZE)
            .map(|k| self.a[SIZE + k] * self.b[k * SIZE + 2])
            .sum();
        assert_eq!(self.c[SIZE + 2], sum);
    }
}
