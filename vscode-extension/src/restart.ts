/** How often a server that crashes is started again: at most 4 times in 3 minutes. */

export const RESTARTS_MAX = 4;
export const WINDOW_MS = 3 * 60_000;

export interface Verdict {
    readonly restart: boolean;
    /** Which restart within the window this is, from 1; of a refusal, how many there were. */
    readonly number: number;
}

export class RestartPolicy {
    private times: number[] = [];

    constructor(private readonly now: () => number) {}

    /** The server is gone; says whether to start it again. */
    crashed(): Verdict {
        const now = this.now();
        this.times = this.times.filter((time) => now - time < WINDOW_MS);
        if (this.times.length >= RESTARTS_MAX) {
            return { restart: false, number: this.times.length };
        }
        this.times.push(now);
        return { restart: true, number: this.times.length };
    }

    /** The user started it: what was before does not count. */
    forget(): void {
        this.times = [];
    }
}
