/**
 * How often something that is nice to have may be asked for: what takes long is asked for seldom,
 * so that it takes a small part of the time and a step never waits behind many of them.  Pure.
 */

export const SHARE = 0.1;

export class Patience {
    private nextMs = 0;

    constructor(private readonly now: () => number) {}

    /** In how many milliseconds it may be asked for; 0: now. */
    get waitMs(): number {
        return Math.max(this.nextMs - this.now(), 0);
    }

    /** It took so long, and was asked for at a time when it was allowed. */
    took(lengthMs: number): void {
        this.nextMs = this.now() + lengthMs / SHARE - lengthMs;
    }

    forget(): void {
        this.nextMs = 0;
    }
}
