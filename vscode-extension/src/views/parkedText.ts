/** What stands behind an await while a program is debugged.  Pure. */

import { duration } from '../duration';
import type { AwaitGroup } from '../protocol';
import { sourcePath } from '../sourcePath';

const COUNT_WIDTH = 6;
const AGE_WIDTH = 8;
/** Spaces that an editor does not fold together. */
const SPACE = '\u00a0';

/**
 * `    37 parked, oldest   12.4 s`: always as wide, so that the text behind it does not move.
 * A line where nobody waits any more keeps its place with blanks.
 */
export function parkedText(count: number, ageNs: number | undefined): string {
    const number = count > 999_999 ? '>999k' : String(count);
    const age = count === 0 || ageNs === undefined ? '' : duration(ageNs);
    const oldest = count === 0 ? ' '.repeat(', oldest '.length) : ', oldest ';
    const text = `${number.padStart(COUNT_WIDTH)} parked${oldest}${age.padStart(AGE_WIDTH)}`;
    return text.replaceAll(' ', SPACE);
}

export const PARKED_WIDTH = parkedText(1, 0).length;

export interface ParkedLine {
    readonly file: string;
    /** From 0. */
    readonly line: number;
    readonly text: string;
    readonly count: number;
}

/** Remembers where tasks were parked, so that a line does not lose its text when they go on. */
export class ParkedLines {
    private readonly seen = new Map<string, { file: string; line: number }>();

    clear(): void {
        this.seen.clear();
    }

    update(groups: readonly AwaitGroup[], nowNs: number): ParkedLine[] {
        const now = new Map<string, { count: number; oldest: number | undefined }>();
        for (const { source, line, count, oldestSinceNs } of groups) {
            const file = sourcePath(source);
            if (file === undefined || line === undefined) {
                continue;
            }
            const key = `${line}:${file}`;
            this.seen.set(key, { file, line: line - 1 });
            const before = now.get(key);
            now.set(key, {
                count: count + (before?.count ?? 0),
                oldest: least(before?.oldest, oldestSinceNs),
            });
        }
        return [...this.seen].map(([key, place]) => {
            const { count, oldest } = now.get(key) ?? { count: 0, oldest: undefined };
            const age = oldest === undefined ? undefined : nowNs - oldest;
            return { ...place, count, text: parkedText(count, age) };
        });
    }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
    return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}
