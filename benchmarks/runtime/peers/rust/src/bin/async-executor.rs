//! The workloads of the suite on async-executor: `async-executor WORKLOAD WORKERS SAMPLES` prints
//! nanoseconds for each operation, or bytes for each task, once for each sample.  One worker is
//! this thread alone, more are further threads that run the executor.

#[path = "../wake.rs"]
mod wake;

use async_channel::{bounded, Receiver, Sender};
use async_executor::Executor;
use async_lock::Mutex;
use futures_lite::future::{block_on, pending, yield_now};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SPAWNS: u64 = 100_000;
const CALLS: u64 = 1_000_000;
const TASKS: u64 = 1_000_000;

type Shared = &'static Executor<'static>;

/// Runs `work` as a task and gives the seconds that it took.  The executor is leaked: its threads
/// end with the process.
fn timed<F, W>(workers: usize, work: F) -> f64
where
    F: FnOnce(Shared) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let executor: Shared = Box::leak(Box::new(Executor::new()));
    let (stop, stopped) = bounded::<()>(1);
    let threads: Vec<_> = (1..workers)
        .map(|_| {
            let stopped = stopped.clone();
            std::thread::spawn(move || {
                block_on(executor.run(async move {
                    let _ = stopped.recv().await;
                }))
            })
        })
        .collect();
    let begin = Instant::now();
    block_on(executor.run(executor.spawn(work(executor))));
    let seconds = begin.elapsed().as_secs_f64();
    drop(stop);
    for thread in threads {
        thread.join().unwrap();
    }
    seconds
}

async fn leaf(n: u64) -> u64 {
    std::hint::black_box(n)
}

fn skynet(executor: Shared, num: u64, size: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if size == 1 {
            return num;
        }
        let part = size / 10;
        let children: Vec<_> = (0..10)
            .map(|i| executor.spawn(skynet(executor, num + i * part, part)))
            .collect();
        let mut sum = 0;
        for child in children {
            sum += child.await;
        }
        sum
    })
}

/// Each task spawns the next; the last drops `done`.
fn link(executor: Shared, left: u64, done: Sender<()>) {
    executor
        .spawn(async move {
            if left > 0 {
                link(executor, left - 1, done);
            }
        })
        .detach();
}

fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

/// Bytes for each of a million tasks that wait for ever.
fn memory(workers: usize) -> f64 {
    timed(workers, |executor| async move {
        let before = resident_bytes();
        for _ in 0..TASKS {
            executor.spawn(pending::<()>()).detach();
        }
        let last = executor.spawn(async {}); // behind all others in the queue
        last.await;
        println!("{}", (resident_bytes() - before) / TASKS as f64);
        std::process::exit(0); // tearing a million tasks down is not what is measured
    })
}

async fn produce(sender: Sender<u64>, count: u64) {
    for i in 0..count {
        sender.send(i).await.unwrap();
    }
}

async fn consume(receiver: Receiver<u64>) {
    while receiver.recv().await.is_ok() {}
}

fn channel(workers: usize, peers: u64) -> f64 {
    timed(workers, move |executor| async move {
        let (sender, receiver) = bounded::<u64>(128);
        let mut tasks = Vec::new();
        for _ in 0..peers {
            tasks.push(executor.spawn(produce(sender.clone(), CALLS / peers)));
            tasks.push(executor.spawn(consume(receiver.clone())));
        }
        drop(sender);
        for task in tasks {
            task.await;
        }
    }) / CALLS as f64
}

fn run(workload: &str, workers: usize) -> f64 {
    match workload {
        "spawn_join" => {
            timed(workers, |executor| async move {
                let tasks: Vec<_> = (0..SPAWNS).map(|i| executor.spawn(leaf(i))).collect();
                for task in tasks {
                    task.await;
                }
            }) / SPAWNS as f64
        }
        "spawn_await" => {
            timed(workers, |executor| async move {
                for i in 0..SPAWNS {
                    executor.spawn(leaf(i)).await;
                }
            }) / SPAWNS as f64
        }
        "yield_many" => {
            timed(workers, |executor| async move {
                let tasks: Vec<_> = (0..200)
                    .map(|_| {
                        executor.spawn(async {
                            for _ in 0..1000 {
                                yield_now().await;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await;
                }
            }) / 200_000.0
        }
        "skynet" => {
            timed(workers, |executor| async move {
                skynet(executor, 0, 1_000_000).await;
            }) / 1_111_111.0
        }
        "ping_pong" => {
            timed(workers, |executor| async move {
                let (to, from) = bounded::<u64>(1);
                let (back, answers) = bounded::<u64>(1);
                let echo = executor.spawn(async move {
                    while let Ok(value) = from.recv().await {
                        back.send(value).await.unwrap();
                    }
                });
                for i in 0..SPAWNS {
                    to.send(i).await.unwrap();
                    answers.recv().await.unwrap();
                }
                drop(to);
                echo.await;
            }) / SPAWNS as f64
        }
        "chan_1p1c" => channel(workers, 1),
        "chan_4p4c" => channel(workers, 4),
        "chan_64p64c" => channel(workers, 64),
        "mutex" => {
            timed(workers, |executor| async move {
                let mutex = Arc::new(Mutex::new(0u64));
                let tasks: Vec<_> = (0..1000)
                    .map(|_| {
                        let mutex = mutex.clone();
                        executor.spawn(async move {
                            for _ in 0..100 {
                                *mutex.lock().await += 1;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await;
                }
            }) / 100_000.0
        }
        "mutex_alone" => {
            timed(workers, |_| async {
                let mutex = Mutex::new(0u64);
                for _ in 0..CALLS {
                    *mutex.lock().await += 1;
                }
            }) / CALLS as f64
        }
        "sleepers" => {
            let seconds = timed(workers, |executor| async move {
                let tasks: Vec<_> = (0..SPAWNS)
                    .map(|i| {
                        executor.spawn(async move {
                            async_io::Timer::after(Duration::from_millis(1 + i % 100)).await;
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await;
                }
            });
            (seconds - 0.1) / SPAWNS as f64
        }
        "chained_spawn" => {
            timed(workers, |executor| async move {
                let (done, ended) = bounded::<()>(1);
                link(executor, SPAWNS - 1, done);
                let _ = ended.recv().await;
            }) / SPAWNS as f64
        }
        "mem_pending" => memory(workers),
        _ => {
            eprintln!("no such workload");
            std::process::exit(2);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (workers, samples) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    for _ in 0..samples {
        if let "wake_parked" | "wake_busy" = arguments[1].as_str() {
            let busy = if arguments[1] == "wake_busy" { workers } else { 0 };
            timed(workers, |executor| async move {
                for _ in 0..busy {
                    let turns = async {
                        while !wake::over() {
                            yield_now().await;
                        }
                    };
                    executor.spawn(turns).detach();
                }
                wake::print(wake::wakes().await);
            });
        } else {
            println!("{}", run(&arguments[1], workers) * 1e9);
        }
    }
}
