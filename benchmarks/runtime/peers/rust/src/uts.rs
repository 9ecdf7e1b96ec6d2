//! An unbalanced tree: what a node is, and how many children it has.  See c/trees.c.

pub const ROOT: u64 = 2;
pub const DEPTH: u32 = 8;
pub const NODES: u64 = 110_477;

fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_add(x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = x.wrapping_add(x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x.wrapping_add(x >> 31)
}

pub fn children(node: u64, depth: u32) -> impl Iterator<Item = u64> {
    let (draw, mut limit, mut count) = (mixed(node) >> 33, 1_717_986_918, 0);
    while depth > 0 && draw < limit {
        count += 1;
        limit = limit * 4 / 5;
    }
    (1..=count).map(move |i: u64| mixed(node.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15))))
}
