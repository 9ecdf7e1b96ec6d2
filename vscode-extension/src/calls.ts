/** Calls as text, `NAME(ARGS)`, and what to ask when a function has parameters.  Pure. */

import type { FunctionInfo } from './protocol';

/** `scaled(first: i32, last: i32)`: what an input box asks for. */
export function signature(called: FunctionInfo): string {
    const parameters = called.parameters.map(({ name, type }) => `${name}: ${type}`);
    return `${called.name}(${parameters.join(', ')}) ${called.result}`;
}

/** A literal of a type, to begin with in an input box; empty where there is no simple one. */
export function exampleLiteral(type: string): string {
    if (/^[iu]\d+$/.test(type)) {
        return '1';
    }
    if (/^f\d+$/.test(type)) {
        return '1.0';
    }
    if (type === 'bool') {
        return 'true';
    }
    if (type === 'string') {
        return '"text"';
    }
    if (type.startsWith('?')) {
        return 'null';
    }
    const array = /^\[(\d*)\](.+)$/.exec(type);
    if (array !== null) {
        const element = exampleLiteral(array[2] ?? '');
        const count = array[1] === '' ? 1 : Math.min(Number(array[1]), 8);
        return element === '' ? '' : `[${Array<string>(count).fill(element).join(', ')}]`;
    }
    return '';
}

export function exampleArguments(called: FunctionInfo): string {
    const literals = called.parameters.map(({ type }) => exampleLiteral(type));
    return literals.includes('') ? '' : literals.join(', ');
}

export function callText(name: string, args: string): string {
    return `${name}(${args.trim()})`;
}

/** What F5 calls without asking: `main` where it needs nothing. */
export function defaultCall(functions: readonly FunctionInfo[]): string | undefined {
    const main = functions.find(({ name }) => name === 'main');
    return main !== undefined && main.parameters.length === 0 ? 'main()' : undefined;
}

/** The functions that the test explorer runs. */
export function isTest(called: FunctionInfo): boolean {
    return called.isAsync && called.parameters.length === 0 && called.name.startsWith('test_');
}
