/**
 * Many changes, few refreshes: a change asks for one refresh, a little later; changes that come
 * meanwhile share it, and those that come while it runs share the next one.  Pure: the clock is
 * handed in.
 */

export type Later = (run: () => void, delayMs: number) => void;

export class Coalescer {
    private waiting = false;
    private running = false;
    private again = false;

    constructor(
        private readonly refresh: () => Promise<void>,
        private readonly delayMs: number,
        private readonly later: Later,
    ) {}

    /** Something changed. */
    change(): void {
        if (this.running) {
            this.again = true;
        } else if (!this.waiting) {
            this.waiting = true;
            this.later(() => void this.run(), this.delayMs);
        }
    }

    private async run(): Promise<void> {
        this.waiting = false;
        this.running = true;
        this.again = false;
        try {
            await this.refresh();
        } finally {
            this.running = false;
            if (this.again) {
                this.change();
            }
        }
    }
}
