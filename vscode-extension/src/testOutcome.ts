/** What `zyn run --json` says of a test.  Pure. */

export interface Outcome {
    readonly passed: boolean;
    readonly message: string;
    /** From 1. */
    readonly line?: number;
    /** Nothing was run: the program does not compile, or zyn could not start. */
    readonly broken: boolean;
}

interface Answer {
    readonly value?: unknown;
    readonly error?: { readonly code?: string; readonly message?: string; readonly line?: number };
}

/** Failures of the program itself; every other code is one of the compiler or of the call. */
const OF_THE_PROGRAM = new Set([
    'panic',
    'division-by-zero',
    'index-out-of-range',
    'stack-overflow',
    'out-of-memory',
    'null-value',
    'cancelled',
    'deadlock',
    'timeout',
    'interrupted',
]);

/** A test fails when its call fails, or when it says so by giving `false`. */
export function outcome(code: number | null, stdout: string, stderr: string): Outcome {
    const answer = parsed(stdout);
    if (answer === undefined) {
        const text = stderr.trim() || `zyn ended with ${code ?? 'a signal'} and said nothing.`;
        return { passed: false, message: text, broken: true };
    }
    const error = answer.error;
    if (error !== undefined) {
        const name = error.code ?? 'error';
        return {
            passed: false,
            message: `${error.message ?? 'failed'} [${name}]`,
            ...(typeof error.line === 'number' ? { line: error.line } : {}),
            broken: !OF_THE_PROGRAM.has(name),
        };
    }
    if (answer.value === false) {
        return { passed: false, message: 'The test gave false.', broken: false };
    }
    return { passed: true, message: '', broken: false };
}

function parsed(stdout: string): Answer | undefined {
    try {
        const last = stdout.trim().split('\n').at(-1) ?? '';
        const value: unknown = JSON.parse(last);
        return typeof value === 'object' && value !== null ? value : undefined;
    } catch {
        return undefined;
    }
}
