//! From a wake on another thread to the first instruction of the task, for any executor.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

const WAKES: usize = 1000;
const PAUSE: Duration = Duration::from_micros(100); // until a worker without work is parked

static ARMED: AtomicUsize = AtomicUsize::new(0);
static OVER: AtomicBool = AtomicBool::new(false);
static WAKER: Mutex<Option<Waker>> = Mutex::new(None);
static WOKEN: Mutex<Option<Instant>> = Mutex::new(None);

struct Woken {
    begun: bool,
    latencies: Vec<Duration>,
}

impl Future for Woken {
    type Output = Vec<Duration>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let now = Instant::now();
        if self.begun {
            let woken = WOKEN.lock().unwrap().unwrap();
            self.latencies.push(now - woken);
        }
        self.begun = true;
        if self.latencies.len() == WAKES {
            OVER.store(true, Ordering::Release);
            return Poll::Ready(std::mem::take(&mut self.latencies));
        }
        *WAKER.lock().unwrap() = Some(cx.waker().clone());
        ARMED.store(self.latencies.len() + 1, Ordering::Release);
        Poll::Pending
    }
}

/// Whether the last wake has come.
pub fn over() -> bool {
    OVER.load(Ordering::Acquire)
}

/// The latencies of so many wakes; runs in a task.
pub async fn wakes() -> Vec<Duration> {
    ARMED.store(0, Ordering::Release);
    let thread = std::thread::spawn(|| {
        for round in 1..=WAKES {
            while ARMED.load(Ordering::Acquire) < round {
                std::thread::yield_now();
            }
            std::thread::sleep(PAUSE);
            let waker = WAKER.lock().unwrap().take().unwrap();
            *WOKEN.lock().unwrap() = Some(Instant::now());
            waker.wake();
        }
    });
    let latencies = Woken {
        begun: false,
        latencies: Vec::new(),
    }
    .await;
    thread.join().unwrap();
    latencies
}

/// Prints nanoseconds.
pub fn print(latencies: Vec<Duration>) {
    OVER.store(false, Ordering::Release);
    for latency in latencies {
        println!("{}", latency.as_nanos());
    }
}
