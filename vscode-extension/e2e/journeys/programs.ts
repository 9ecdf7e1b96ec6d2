/** The programs that the journeys open. */

/** Three workers that add up and wait in between; main() is 233. */
export const WORKERS = `\
// Three workers add up numbers, and wait in between.
async fn worker(step: i32, rounds: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < rounds) {
        await delay(10);
        total = total + step;
        i = i + 1;
    }
    return total;
}

async fn main() i32 {
    const tens = spawn(worker(10, 3));
    const hundreds = spawn(worker(100, 2));
    const ones = await worker(1, 3);
    return ones + await tens + await hundreds;
}
`;

/** The number of the line of WORKERS that has a text in it, from 1. */
export function lineOf(text: string, part: string): number {
    const index = text.split('\n').findIndex((line) => line.includes(part));
    if (index < 0) {
        throw new Error(`no line has ${part} in it`);
    }
    return index + 1;
}
