//! Echo over TCP on tokio: two tasks for each connection, one that asks and one that answers.

use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Connections, bytes each way, round trips in all.
fn traffic(name: &str) -> (usize, usize, usize) {
    match name {
        "echo_1" => (1, 16, 20_000),
        "echo_64" => (64, 16, 64 * 400),
        "echo_5000" => (5000, 16, 5000 * 8),
        "echo_4k" => (1, 4096, 20_000),
        _ => {
            eprintln!("no such workload");
            std::process::exit(2);
        }
    }
}

async fn peer(mut stream: TcpStream, asks: bool, bytes: usize, rounds: usize) {
    let mut buffer = vec![0u8; bytes];
    for _ in 0..rounds {
        if asks {
            stream.write_all(&buffer).await.unwrap();
        }
        stream.read_exact(&mut buffer).await.unwrap();
        if !asks {
            stream.write_all(&buffer).await.unwrap();
        }
    }
}

/// Seconds for each round trip.
pub async fn echo(name: &str) -> f64 {
    let (links, bytes, rounds) = traffic(name);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut streams = Vec::new();
    for _ in 0..links {
        let here = TcpStream::connect(address).await.unwrap();
        let (there, _) = listener.accept().await.unwrap();
        for stream in [&here, &there] {
            stream.set_nodelay(true).unwrap();
        }
        streams.push((here, there));
    }
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for (here, there) in streams {
        tasks.push(tokio::spawn(peer(there, false, bytes, rounds / links)));
        tasks.push(tokio::spawn(peer(here, true, bytes, rounds / links)));
    }
    for task in tasks {
        task.await.unwrap();
    }
    begin.elapsed().as_secs_f64() / rounds as f64
}
