/**
 * The test explorer: async functions without parameters whose name begins with `test_`.  Run gives
 * each to `zyn run`; Debug starts the debugger on it.
 */

import { execFile } from 'node:child_process';
import {
    debug,
    Location,
    Position,
    Range,
    TestMessage,
    TestRunProfileKind,
    tests,
    Uri,
    workspace,
    type CancellationToken,
    type TestController,
    type TestItem,
    type TestRun,
    type TestRunRequest,
} from 'vscode';
import { callText, isTest } from './calls';
import type { Chooser } from './choose';
import { config } from './config';
import type { Ctx } from './ctx';
import { DEBUG_TYPE, launchConfiguration } from './debug';
import { filesGlob, isOurs } from './languages';
import { isFound } from './locate';
import { folderOf } from './runTasks';
import { outcome, type Outcome } from './testOutcome';

const FILES_MAX = 1000;
const GRACE_S = 10;
const OUTPUT_MAX = 1 << 20;

export class Tests {
    private readonly controller: TestController;

    constructor(
        private readonly ctx: Ctx,
        private readonly chooser: Chooser,
    ) {
        this.controller = tests.createTestController('zyn.tests', 'zyn');
        const { Run, Debug } = TestRunProfileKind;
        const watcher = workspace.createFileSystemWatcher(filesGlob());
        ctx.keep(
            this.controller,
            watcher,
            this.controller.createRunProfile('Run', Run, (request, token) =>
                this.run(request, token, (run, item) => this.execute(run, item, token)),
            ),
            this.controller.createRunProfile('Debug', Debug, (request, token) =>
                this.run(request, token, (run, item) => this.debugged(run, item)),
            ),
            watcher.onDidChange((file) => void this.read(file)),
            watcher.onDidCreate((file) => void this.read(file)),
            watcher.onDidDelete((file) => this.controller.items.delete(file.toString())),
            workspace.onDidOpenTextDocument(({ uri, languageId }) => {
                if (isOurs(languageId) && uri.scheme === 'file') {
                    void this.read(uri);
                }
            }),
        );
        this.controller.resolveHandler = async (item) => {
            if (item === undefined) {
                await this.readAll();
            }
        };
        this.controller.refreshHandler = () => this.readAll();
    }

    /** Look into the files that are open; the others are read when the explorer is opened. */
    readOpen(): void {
        for (const { uri, languageId } of workspace.textDocuments) {
            if (isOurs(languageId) && uri.scheme === 'file') {
                void this.read(uri);
            }
        }
    }

    private async readAll(): Promise<void> {
        for (const file of await workspace.findFiles(
            filesGlob(),
            '**/node_modules/**',
            FILES_MAX,
        )) {
            await this.read(file);
        }
    }

    /** The tests of a file, as they are now; a file without any is not listed. */
    private async read(file: Uri): Promise<void> {
        const found = (await this.chooser.functions(file)).filter(isTest);
        const id = file.toString();
        if (found.length === 0) {
            this.controller.items.delete(id);
            return;
        }
        const parent =
            this.controller.items.get(id) ??
            this.controller.createTestItem(id, workspace.asRelativePath(file), file);
        parent.children.replace(
            found.map((one) => {
                const item = this.controller.createTestItem(`${id}#${one.name}`, one.name, file);
                const { start, end } = one.selectionRange;
                item.range = new Range(start.line, start.character, end.line, end.character);
                return item;
            }),
        );
        this.controller.items.add(parent);
    }

    private async run(
        request: TestRunRequest,
        token: CancellationToken,
        each: (run: TestRun, item: TestItem) => Promise<void>,
    ): Promise<void> {
        const run = this.controller.createTestRun(request);
        const excluded = new Set(request.exclude?.map(({ id }) => id));
        const items = [
            ...leaves(request.include ?? [...this.controller.items].map(([, one]) => one)),
        ];
        const wanted = items.filter(({ id }) => !excluded.has(id));
        for (const item of wanted) {
            run.enqueued(item);
        }
        await workspace.saveAll(false);
        for (const item of wanted) {
            if (token.isCancellationRequested) {
                run.skipped(item);
                continue;
            }
            run.started(item);
            try {
                await each(run, item);
            } catch (error) {
                run.errored(item, new TestMessage(String(error)));
            }
        }
        run.end();
    }

    private async execute(run: TestRun, item: TestItem, token: CancellationToken): Promise<void> {
        const file = item.uri as Uri;
        const found = this.ctx.find('zyn', file);
        if (!isFound(found)) {
            run.errored(
                item,
                new TestMessage('zyn was not found: zyn: Show Environment says where.'),
            );
            return;
        }
        const { clock, testTimeoutS } = config(file);
        const call = callText(item.label, '');
        const args = ['run', file.fsPath, '--call', call, '--json'];
        args.push('--clock', clock, '--timeout', String(testTimeoutS));
        const began = performance.now();
        const done = await executed(found.path, args, folderOf(file), testTimeoutS, token);
        if (done.stderr !== '') {
            run.appendOutput(done.stderr.replace(/\r?\n/g, '\r\n'), undefined, item);
        }
        if (token.isCancellationRequested) {
            run.skipped(item);
            return;
        }
        report(run, item, outcome(done.code, done.stdout, done.stderr), performance.now() - began);
    }

    /** The debugger shows what goes wrong; the explorer only learns how the program ended. */
    private async debugged(run: TestRun, item: TestItem): Promise<void> {
        const file = item.uri as Uri;
        const launch = { ...launchConfiguration(file, callText(item.label, '')), zynTest: item.id };
        let code: number | undefined;
        let errors = '';
        const began = performance.now();
        const tracker = debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
            createDebugAdapterTracker: ({ configuration }) =>
                configuration['zynTest'] !== item.id
                    ? undefined
                    : {
                          onDidSendMessage: ({ event, body }: AdapterOutput) => {
                              if (event === 'exited') {
                                  code = body?.exitCode;
                              } else if (event === 'output' && body?.category === 'stderr') {
                                  errors += body.output ?? '';
                              }
                          },
                      },
        });
        const ended = new Promise<void>((resolve) => {
            const listener = debug.onDidTerminateDebugSession(({ configuration }) => {
                if (configuration['zynTest'] === item.id) {
                    listener.dispose();
                    resolve();
                }
            });
        });
        try {
            const options = { testRun: run };
            if (
                !(await debug.startDebugging(workspace.getWorkspaceFolder(file), launch, options))
            ) {
                run.errored(item, new TestMessage('The debugger did not start.'));
                return;
            }
            await ended;
        } finally {
            tracker.dispose();
        }
        const took = performance.now() - began;
        if (code === undefined) {
            run.skipped(item);
        } else if (code === 0) {
            run.passed(item, took);
        } else {
            const line = /^line (\d+): /.exec(errors)?.[1];
            const message = errors.trim() || `The program ended with ${code}.`;
            const place = line === undefined ? {} : { line: Number(line) };
            report(run, item, { passed: false, broken: false, message, ...place }, took);
        }
    }
}

interface AdapterOutput {
    readonly event?: string;
    readonly body?: {
        readonly exitCode?: number;
        readonly category?: string;
        readonly output?: string;
    };
}

function* leaves(items: readonly TestItem[]): Generator<TestItem> {
    for (const item of items) {
        if (item.children.size === 0) {
            yield item;
        } else {
            yield* leaves([...item.children].map(([, child]) => child));
        }
    }
}

function report(run: TestRun, item: TestItem, result: Outcome, tookMs: number): void {
    const place = result.line === undefined ? '' : `, line ${result.line}`;
    const how = result.passed ? 'passed' : `failed${place}: ${result.message}`;
    run.appendOutput(`${item.label} ${how}\r\n`, undefined, item);
    if (result.passed) {
        run.passed(item, tookMs);
        return;
    }
    const message = new TestMessage(result.message);
    const line = result.line === undefined ? item.range?.start.line : result.line - 1;
    if (item.uri !== undefined && line !== undefined) {
        message.location = new Location(item.uri, new Position(line, 0));
    }
    if (result.broken) {
        run.errored(item, message, tookMs);
    } else {
        run.failed(item, message, tookMs);
    }
}

interface Done {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** Run a program to its end; it is ended when it outlives its own limit, or nobody wants it. */
async function executed(
    program: string,
    args: string[],
    cwd: string,
    limitS: number,
    token: CancellationToken,
): Promise<Done> {
    return new Promise((resolve) => {
        const options = {
            cwd,
            env: { ...process.env, NO_COLOR: '1' },
            maxBuffer: OUTPUT_MAX,
            timeout: (limitS + GRACE_S) * 1000,
        };
        const child = execFile(program, args, options, (error, stdout, stderr) => {
            listener.dispose();
            const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
            resolve({ code, stdout, stderr });
        });
        const listener = token.onCancellationRequested(() => child.kill());
    });
}
