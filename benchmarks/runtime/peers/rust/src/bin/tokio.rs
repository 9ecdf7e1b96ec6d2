//! The workloads of the suite on tokio: `tokio WORKLOAD WORKERS SAMPLES` prints nanoseconds for
//! each operation (microseconds of echo), or bytes for each task, once for each sample.  One worker
//! is the current-thread runtime, more the multi-thread one.

#[path = "../echo.rs"]
mod echo;
#[path = "../matmul.rs"]
mod matmul;
#[path = "../trees.rs"]
mod trees;
#[path = "../uts.rs"]
mod uts;
#[path = "../wake.rs"]
mod wake;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, Mutex};
use tokio::task::JoinSet;

const SPAWNS: u64 = 100_000;
const CALLS: u64 = 1_000_000;
const TASKS: u64 = 1_000_000;

fn runtime(workers: usize) -> tokio::runtime::Runtime {
    let mut builder = if workers == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    if workers > 1 {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().unwrap()
}

/// Runs `work` as a task, not as the future of block_on, and gives the seconds that it took.
fn timed<F: Future<Output = ()> + Send + 'static>(workers: usize, work: F) -> f64 {
    let rt = runtime(workers);
    rt.block_on(async move {
        let begin = Instant::now();
        tokio::spawn(work).await.unwrap();
        begin.elapsed().as_secs_f64()
    })
}

async fn leaf(n: u64) -> u64 {
    std::hint::black_box(n)
}

fn skynet(num: u64, size: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if size == 1 {
            return num;
        }
        let part = size / 10;
        let children: Vec<_> = (0..10)
            .map(|i| tokio::spawn(skynet(num + i * part, part)))
            .collect();
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

/// Bytes for each of a million tasks that wait; what holds the handles is not counted.
fn memory(workers: usize, tasks: u64, sleeping: bool) -> f64 {
    let rt = runtime(workers);
    rt.block_on(async move {
        tokio::spawn(async move {
            let before = resident_bytes();
            for _ in 0..tasks {
                if sleeping {
                    tokio::spawn(tokio::time::sleep(Duration::from_secs(3600)));
                } else {
                    tokio::spawn(std::future::pending::<()>());
                }
            }
            tokio::task::yield_now().await;
            while tokio::runtime::Handle::current()
                .metrics()
                .global_queue_depth()
                != 0
            {
                tokio::task::yield_now().await;
            }
            let bytes = (resident_bytes() - before) / tasks as f64;
            println!("{bytes}");
            std::process::exit(0); // tearing a million tasks down is not what is measured
        })
        .await
        .unwrap()
    })
}

/// Each task spawns the next; the last drops `done`.
fn link(left: u64, done: mpsc::Sender<()>) {
    tokio::spawn(async move {
        if left > 0 {
            link(left - 1, done);
        }
    });
}

static WAITING: AtomicU64 = AtomicU64::new(0);
const TREE_TASKS: u64 = 1_111_111;

/// Counts the tasks that are alive.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::AcqRel);
    }
}

fn branch(depth: u32) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        WAITING.fetch_add(1, Ordering::AcqRel);
        let _alive = Alive;
        if depth == 0 {
            return std::future::pending().await;
        }
        let mut children = JoinSet::new();
        for _ in 0..10 {
            children.spawn(branch(depth - 1));
        }
        while children.join_next().await.is_some() {}
    })
}

/// Seconds for each task of a tree of join sets, from the abort of its root to the last end.
fn cancel_tree(workers: usize) -> f64 {
    runtime(workers).block_on(async {
        let root = tokio::spawn(branch(6));
        while WAITING.load(Ordering::Acquire) < TREE_TASKS {
            tokio::task::yield_now().await;
        }
        let begin = Instant::now();
        root.abort();
        while WAITING.load(Ordering::Acquire) > 0 {
            tokio::task::yield_now().await;
        }
        begin.elapsed().as_secs_f64() / TREE_TASKS as f64
    })
}

async fn channel(producers: u64, consumers: u64) {
    let (sender, receiver) = async_channel::bounded::<u64>(128);
    let each = CALLS / producers;
    let mut tasks = Vec::new();
    for _ in 0..producers {
        let sender = sender.clone();
        tasks.push(tokio::spawn(async move {
            for i in 0..each {
                sender.send(i).await.unwrap();
            }
        }));
    }
    drop(sender);
    for _ in 0..consumers {
        let receiver = receiver.clone();
        tasks.push(tokio::spawn(async move {
            while receiver.recv().await.is_ok() {}
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

fn run(workload: &str, workers: usize) -> f64 {
    match workload {
        "spawn_join" => {
            timed(workers, async {
                let tasks: Vec<_> = (0..SPAWNS).map(|i| tokio::spawn(leaf(i))).collect();
                for task in tasks {
                    task.await.unwrap();
                }
            }) / SPAWNS as f64
        }
        "spawn_await" => {
            timed(workers, async {
                for i in 0..SPAWNS {
                    tokio::spawn(leaf(i)).await.unwrap();
                }
            }) / SPAWNS as f64
        }
        "async_call" => {
            timed(workers, async {
                for i in 0..CALLS {
                    let boxed: Pin<Box<dyn Future<Output = u64> + Send>> = Box::pin(leaf(i));
                    std::hint::black_box(boxed).await;
                }
            }) / CALLS as f64
        }
        "yield_many" => {
            timed(workers, async {
                let tasks: Vec<_> = (0..200)
                    .map(|_| {
                        tokio::spawn(async {
                            for _ in 0..1000 {
                                tokio::task::yield_now().await;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            }) / 200_000.0
        }
        "skynet" => {
            timed(workers, async {
                skynet(0, 1_000_000).await;
            }) / 1_111_111.0
        }
        "ping_pong" => {
            timed(workers, async {
                let (to, mut from) = mpsc::channel::<u64>(1);
                let (back, mut answers) = mpsc::channel::<u64>(1);
                let echo = tokio::spawn(async move {
                    while let Some(value) = from.recv().await {
                        back.send(value).await.unwrap();
                    }
                });
                for i in 0..SPAWNS {
                    to.send(i).await.unwrap();
                    answers.recv().await.unwrap();
                }
                drop(to);
                echo.await.unwrap();
            }) / SPAWNS as f64
        }
        "chan_1p1c" => {
            timed(workers, async {
                let (sender, mut receiver) = mpsc::channel::<u64>(128);
                let consumer =
                    tokio::spawn(async move { while receiver.recv().await.is_some() {} });
                for i in 0..CALLS {
                    sender.send(i).await.unwrap();
                }
                drop(sender);
                consumer.await.unwrap();
            }) / CALLS as f64
        }
        "chan_4p4c" => timed(workers, channel(4, 4)) / CALLS as f64,
        "chan_64p64c" => timed(workers, channel(64, 64)) / CALLS as f64,
        "mutex" => {
            timed(workers, async {
                let mutex = Arc::new(Mutex::new(0u64));
                let tasks: Vec<_> = (0..1000)
                    .map(|_| {
                        let mutex = mutex.clone();
                        tokio::spawn(async move {
                            for _ in 0..100 {
                                *mutex.lock().await += 1;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            }) / 100_000.0
        }
        "sleepers" => {
            let seconds = timed(workers, async {
                let tasks: Vec<_> = (0..SPAWNS)
                    .map(|i| tokio::spawn(tokio::time::sleep(Duration::from_millis(1 + i % 100))))
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
            (seconds - 0.1) / SPAWNS as f64
        }
        "mutex_alone" => {
            timed(workers, async {
                let mutex = Mutex::new(0u64);
                for _ in 0..CALLS {
                    *mutex.lock().await += 1;
                }
            }) / CALLS as f64
        }
        "chained_spawn" => {
            timed(workers, async {
                let (done, mut ended) = mpsc::channel::<()>(1);
                link(SPAWNS - 1, done);
                ended.recv().await;
            }) / SPAWNS as f64
        }
        "fib" => {
            timed(workers, async {
                trees::fib(trees::FIB).await;
            }) / trees::FIB_CALLS
        }
        "nqueens" => {
            timed(workers, async {
                assert_eq!(trees::queens(0, 0, 0).await, 352);
            }) / trees::QUEENS_TASKS
        }
        "uts" => {
            timed(workers, async {
                assert_eq!(trees::nodes(uts::ROOT, uts::DEPTH).await, uts::NODES);
            }) / uts::NODES as f64
        }
        "matmul" => {
            let mut matrices = matmul::Matrices::new();
            let squares = matrices.squares();
            let seconds = timed(workers, trees::product(squares));
            matrices.check();
            seconds / matmul::PRODUCTS
        }
        "select_losers" => {
            timed(workers, async {
                for _ in 0..SPAWNS {
                    tokio::select! {
                        biased;
                        _ = tokio::task::yield_now() => {}
                        _ = std::future::pending::<()>() => {}
                    }
                }
            }) / SPAWNS as f64
        }
        "timeout_storm" => {
            timed(workers, async {
                for _ in 0..SPAWNS {
                    let limit = Duration::from_secs(3600);
                    tokio::time::timeout(limit, tokio::task::yield_now())
                        .await
                        .unwrap();
                }
            }) / SPAWNS as f64
        }
        "cancel_tree" => cancel_tree(workers),
        "mem_pending" => memory(workers, TASKS, false),
        "mem_100k" => memory(workers, SPAWNS, true),
        "mem_sleeping" => memory(workers, TASKS, true),
        _ => {
            eprintln!("no such workload");
            std::process::exit(2);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let workload = arguments[1].as_str();
    let (workers, samples) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    for _ in 0..samples {
        match workload {
            "wake_parked" => wake::print(
                runtime(workers).block_on(async { tokio::spawn(wake::wakes()).await.unwrap() }),
            ),
            "wake_busy" => wake::print(runtime(workers).block_on(async move {
                for _ in 0..workers {
                    tokio::spawn(async {
                        while !wake::over() {
                            tokio::task::yield_now().await;
                        }
                    });
                }
                tokio::spawn(wake::wakes()).await.unwrap()
            })),
            name if name.starts_with("mem") => println!("{}", run(name, workers)),
            "echo_answers" => runtime(workers).block_on(echo::answers()),
            "echo_10000" => println!("{}", runtime(workers).block_on(echo::asks(workers)) * 1e6),
            name if name.starts_with("echo") => {
                println!("{}", runtime(workers).block_on(echo::echo(name)) * 1e6);
            }
            name => println!("{}", run(name, workers) * 1e9),
        }
    }
}
