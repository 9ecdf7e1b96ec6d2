/** package.json says what is there, and nothing else. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LANGUAGES } from '../src/languages';
// @ts-expect-error a script without types
import { freshManifest } from '../scripts/contribute.mjs';

interface Menu {
    readonly command: string;
}

interface Step {
    readonly description: string;
    readonly media: { readonly svg: string; readonly altText: string };
}

interface Manifest {
    readonly main: string;
    readonly activationEvents: readonly string[];
    readonly contributes: {
        readonly commands: readonly { readonly command: string; readonly title: string }[];
        readonly menus: Readonly<Record<string, readonly Menu[]>>;
        readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
        readonly configuration: readonly { readonly properties: Record<string, object> }[];
        readonly walkthroughs: readonly { readonly steps: readonly Step[] }[];
        readonly problemMatchers: readonly { readonly owner: string; readonly applyTo: string }[];
        readonly grammars: readonly { readonly path: string }[];
        readonly debuggers: readonly {
            readonly configurationAttributes: Record<string, { properties: object }>;
        }[];
    };
}

const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;

function sources(folder: string): string {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n');
}

const code = sources('src');
const declared = contributes.commands.map(({ command }) => command);

test('what follows from the languages is fresh', async () => {
    assert.equal(text, await (freshManifest as () => Promise<string>)(), 'npm run generate');
});

test('every command is registered, and every command of a menu is declared', () => {
    for (const command of declared) {
        assert.ok(code.includes(`'${command}'`), `${command} is registered nowhere`);
    }
    for (const [menu, entries] of Object.entries(contributes.menus)) {
        for (const { command } of entries) {
            assert.ok(declared.includes(command), `${menu}: ${command} is not declared`);
        }
    }
    assert.equal(new Set(declared).size, declared.length);
});

test('no command has the name of one that VS Code makes for every view', () => {
    for (const { id } of Object.values(contributes.views).flat()) {
        for (const made of [
            'focus',
            'open',
            'resetViewLocation',
            'removeView',
            'toggleVisibility',
        ]) {
            assert.ok(!declared.includes(`${id}.${made}`), `${id}.${made}`);
        }
    }
});

test('problems of a task are kept apart from those of the language server', () => {
    for (const { owner, applyTo } of contributes.problemMatchers) {
        assert.ok(!code.includes(`diagnosticCollectionName: '${owner}'`), owner);
        assert.equal(applyTo, 'closedDocuments');
    }
});

test('every view is registered', () => {
    for (const { id } of Object.values(contributes.views).flat()) {
        assert.ok(code.includes(`'${id}'`), id);
    }
});

test('every setting is read and described', () => {
    for (const group of contributes.configuration) {
        for (const [name, schema] of Object.entries(group.properties)) {
            const key = name.slice('zyn.'.length);
            const byClient = name === 'zyn.trace.server';
            assert.ok(byClient || code.includes(`'${key}'`), `${name} is read nowhere`);
            assert.ok('description' in schema || 'markdownDescription' in schema, name);
        }
    }
});

test('the extension is started for its languages and the debugger, by nothing else', () => {
    const expected = new Set([
        ...LANGUAGES.map(({ id }) => `onLanguage:${id}`),
        'onDebugResolve:zyn',
        'onDebugInitialConfigurations',
        'onDebugDynamicConfigurations:zyn',
        'onTaskType:zyn',
    ]);
    assert.deepEqual(new Set(manifest.activationEvents), expected);
});

test('the walkthrough has six steps with pictures, and its links lead somewhere', () => {
    const steps = contributes.walkthroughs[0]?.steps ?? [];
    assert.equal(steps.length, 6);
    for (const { description, media } of steps) {
        assert.ok(existsSync(media.svg), media.svg);
        assert.ok(media.altText.length > 20);
        for (const [, command] of description.matchAll(/\(command:([\w.]+)/g)) {
            const known = declared.includes(command ?? '') || command?.startsWith('workbench.');
            assert.ok(known, `${command ?? ''} is not there`);
        }
    }
});

test('the attributes of launch and attach are those of the debug adapter', () => {
    const file = join('..', 'docs', 'protocol', 'zyn-dap.schema.json');
    const schema = JSON.parse(readFileSync(file, 'utf8')) as {
        definitions: Record<string, { properties: object }>;
    };
    const attributes = contributes.debuggers[0]?.configurationAttributes ?? {};
    for (const [request, name] of [
        ['launch', 'LaunchArguments'],
        ['attach', 'AttachArguments'],
    ] as const) {
        const ours = Object.keys(attributes[request]?.properties ?? {});
        const theirs = Object.keys(schema.definitions[name]?.properties ?? {});
        // Those two are the editor's own.
        const wanted = theirs.filter((one) => one !== 'noDebug' && one !== '__restart');
        assert.deepEqual(new Set(ours), new Set(wanted), request);
    }
});
