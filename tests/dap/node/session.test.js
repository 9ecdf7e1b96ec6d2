// Drives zyn-dap with the client that VS Code's own adapters are tested with.
//
// Run by tests/dap/test_node.py, which names the adapter and the program in the environment.

const assert = require('node:assert');
const { afterEach, beforeEach, test } = require('node:test');
const { DebugClient } = require('@vscode/debugadapter-testsupport');

const { ZYN_PYTHON, ZYN_DAP, ZYN_PROGRAM, ZYN_LINES } = process.env;
const lines = JSON.parse(ZYN_LINES);
let client;

beforeEach(async () => {
  client = new DebugClient(ZYN_PYTHON, ZYN_DAP, 'zyn');
  client.defaultTimeout = 120_000;
  await client.start();
});

afterEach(() => client.stop());

test('runs a program to its end and shows its value', async () => {
  await Promise.all([
    client.configurationSequence(),
    client.launch({ program: ZYN_PROGRAM }),
    client.assertOutput('stdout', '20\n'),
    client.waitForEvent('terminated'),
  ]);
});

test('stops at a breakpoint', () =>
  client.hitBreakpoint({ program: ZYN_PROGRAM }, { path: ZYN_PROGRAM, line: lines.return }));

test('stops on entry', () =>
  Promise.all([
    client.configurationSequence(),
    client.launch({ program: ZYN_PROGRAM, stopOnEntry: true }),
    client.assertStoppedLocation('entry', { path: ZYN_PROGRAM, line: lines.call }),
  ]));

test('stops only where a condition holds, and steps on from there', async () => {
  const location = { path: ZYN_PROGRAM, line: lines.add };
  const stopped = client.waitForEvent('stopped');
  await Promise.all([
    client.waitForEvent('initialized').then(async () => {
      const breakpoints = [{ line: lines.add, condition: 'i == 3' }];
      await client.setBreakpointsRequest({ source: { path: ZYN_PROGRAM }, breakpoints });
      await client.configurationDoneRequest();
    }),
    client.launch({ program: ZYN_PROGRAM }),
    client.assertStoppedLocation('breakpoint', location),
  ]);
  const { threadId } = (await stopped).body;
  const stack = await client.stackTraceRequest({ threadId });
  const frameId = stack.body.stackFrames[0].id;
  const total = await client.evaluateRequest({ expression: 'total', frameId, context: 'watch' });
  assert.strictEqual(total.body.result, '3');
  await Promise.all([
    client.nextRequest({ threadId }),
    client.assertStoppedLocation('step', { path: ZYN_PROGRAM, line: lines.yield }),
  ]);
});

test('refuses a breakpoint in a file that is not there', async () => {
  await Promise.all([
    client.waitForEvent('initialized'),
    client.launch({ program: ZYN_PROGRAM }),
  ]);
  const answer = await client.setBreakpointsRequest({
    source: { path: '/no/such/file.zyntax' },
    breakpoints: [{ line: 1 }],
  });
  assert.strictEqual(answer.body.breakpoints[0].verified, false);
  assert.ok(answer.body.breakpoints[0].message);
});

test('answers a custom request', async () => {
  await Promise.all([
    client.configurationSequence(),
    client.launch({ program: ZYN_PROGRAM, stopOnEntry: true }),
    client.waitForEvent('stopped'),
  ]);
  const answer = await client.customRequest('zyn/tasks', { count: 10 });
  assert.strictEqual(answer.body.total, 1);
  assert.strictEqual(answer.body.tasks[0].function, 'main');
});
