// The workloads of the suite on node: `node node_peer.mjs WORKLOAD 1 SAMPLES` prints nanoseconds
// for each operation, once for each sample.  A task is a promise of an async function that waits a
// turn.

const SPAWNS = 100_000;
const CALLS = 1_000_000;

async function leaf(number) {
  return number;
}

async function yields(count) {
  for (let i = 0; i < count; i++) await null;
}

const WORKLOADS = {
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
  const operations = await WORKLOADS[workload]();
  console.log(Number(process.hrtime.bigint() - begin) / operations);
}
