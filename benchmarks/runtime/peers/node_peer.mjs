// The workloads of the suite on node: `node node_peer.mjs WORKLOAD 1 SAMPLES` prints nanoseconds
// for each operation (microseconds of echo), once for each sample.  A task is a promise of an async
// function that waits a turn.

import { connect, createServer } from "node:net";

const SPAWNS = 100_000;
const CALLS = 1_000_000;

async function leaf(number) {
  return number;
}

async function yields(count) {
  for (let i = 0; i < count; i++) await null;
}

function fib(n) {
  return n < 2 ? n : fibs(n);
}

async function fibs(n) {
  const other = fib(n - 1);
  const own = await fib(n - 2);
  return own + (await other);
}

/** Resolves when `rounds` answers of `bytes` have come back. */
function asks(socket, bytes, rounds) {
  return new Promise((resolve) => {
    const question = Buffer.alloc(bytes);
    let got = 0;
    socket.on("data", (data) => {
      got += data.length;
      if (got < bytes) return;
      got = 0;
      if (--rounds === 0) resolve();
      else socket.write(question);
    });
    socket.write(question);
  });
}

/** Microseconds for each round trip. */
async function echo(links, bytes, rounds) {
  const server = createServer({ noDelay: true }, (there) => {
    there.on("data", (data) => there.write(data));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = [];
  for (let i = 0; i < links; i++) {
    const socket = connect({ port: server.address().port, host: "127.0.0.1", noDelay: true });
    await new Promise((resolve) => socket.on("connect", resolve));
    sockets.push(socket);
  }
  const begin = process.hrtime.bigint();
  await Promise.all(sockets.map((socket) => asks(socket, bytes, rounds / links)));
  const us = Number(process.hrtime.bigint() - begin) / 1e3 / rounds;
  for (const socket of sockets) socket.destroy();
  server.close();
  return { us };
}

const WORKLOADS = {
  echo_1: () => echo(1, 16, 20_000),
  echo_64: () => echo(64, 16, 64 * 400),
  echo_5000: () => echo(5000, 16, 5000 * 8),
  echo_4k: () => echo(1, 4096, 20_000),
  async fib() {
    await fib(25);
    return 242_785;
  },
  async spawn_join() {
    const tasks = [];
    for (let i = 0; i < SPAWNS; i++) tasks.push(leaf(i));
    for (const task of tasks) await task;
    return SPAWNS;
  },
  async async_call() {
    for (let i = 0; i < CALLS; i++) await leaf(i);
    return CALLS;
  },
  async yield_many() {
    const tasks = [];
    for (let i = 0; i < 200; i++) tasks.push(yields(1000));
    for (const task of tasks) await task;
    return 200_000;
  },
};

const [workload, , samples] = process.argv.slice(2);
if (!(workload in WORKLOADS)) {
  console.error("no such workload");
  process.exit(2);
}
for (let i = 0; i < Number(samples); i++) {
  const begin = process.hrtime.bigint();
  const done = await WORKLOADS[workload]();
  console.log(done.us ?? Number(process.hrtime.bigint() - begin) / done);
}
