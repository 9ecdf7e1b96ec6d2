/** Times in words.  Pure. */

const UNITS: readonly [string, number][] = [
    ['µs', 1e3],
    ['ms', 1e6],
    ['s', 1e9],
    ['min', 60e9],
    ['h', 3600e9],
];

/** `12.4 s`: three digits at most, so that it is never wider than 7 characters. */
export function duration(ns: number): string {
    const length = Math.max(ns, 0);
    let [unit, size] = UNITS[0] as [string, number];
    for (const [nextUnit, nextSize] of UNITS) {
        if (length >= nextSize) {
            [unit, size] = [nextUnit, nextSize];
        }
    }
    const value = length / size;
    return `${value >= 99.95 ? Math.min(Math.round(value), 999) : value.toFixed(1)} ${unit}`;
}
