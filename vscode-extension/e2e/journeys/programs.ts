/** The programs that the journeys open. */

/**
 * Three workers that add up and wait in between; main() is 233.  Each waits longer than the one
 * before, so that the first stop finds the other two parked.
 */
export const WORKERS = `\
// Three workers add up numbers, and wait in between.
async fn worker(step: i32, rounds: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < rounds) {
        await delay(step);
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

/** How many tasks the next one makes. */
export const MANY_TASKS = 100_000;

/** Tasks that sleep, and one that stops while they do. */
export const MANY = `\
async fn sleeper(ms: i32) i32 {
    await delay(ms);
    return 1;
}

async fn main() i64 {
    const asleep: JoinSet<i32> = join_set();
    var made: i64 = 0;
    while (made < ${MANY_TASKS}) {
        asleep.spawn(sleeper(1000));
        made = made + 1;
    }
    await delay(1);
    made = asleep.len();
    return made;
}
`;

/** Two tests, of which one fails. */
export const TESTS = `\
async fn twice(n: i32) i32 {
    await delay(1);
    return n + n;
}

async fn test_twice() void {
    const four = await twice(2);
    if (four != 4) {
        panic("twice(2) is not 4");
    }
}

async fn test_wrong() void {
    const six = await twice(3);
    if (six != 7) {
        panic("twice(3) is not 7");
    }
}
`;

/** The number of the line of a text that has a text in it, from 1. */
export function lineOf(text: string, part: string): number {
    const index = text.split('\n').findIndex((line) => line.includes(part));
    if (index < 0) {
        throw new Error(`no line has ${part} in it`);
    }
    return index + 1;
}

/** A valid program of at least so many lines: async functions that call each other. */
export function manyWorkers(lines: number): string {
    const one = (index: number) => `\
async fn worker_${index}(step: i32, rounds: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < rounds) {
        await delay(10);
        total = total + ${index === 0 ? 'step' : `await worker_${index - 1}(step, 0)`};
        i = i + 1;
    }
    return total;
}
`;
    const needed = Math.ceil(lines / one(0).split('\n').length);
    return Array.from({ length: needed }, (_, index) => one(index)).join('\n');
}
