//! Echo over TCP on tokio: two tasks for each connection, one that asks and one that answers.  Of
//! 10,000 connections the ends that answer are in a process of their own, this program once more.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
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
        "echo_10000" => (10_000, 16, 10_000 * 4),
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

/// The process that answers: prints its port, and a line more once it has all connections.
pub async fn answers() {
    let (links, bytes, rounds) = traffic("echo_10000");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let mut streams = Vec::new();
    for _ in 0..links {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    println!("ready");
    let tasks: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(peer(stream, false, bytes, rounds / links)))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Seconds for each round trip.
pub async fn asks(workers: usize) -> f64 {
    let (links, bytes, rounds) = traffic("echo_10000");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["echo_answers", &workers.to_string(), "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let port: u16 = said.next().unwrap().unwrap().parse().unwrap();
    let mut streams = Vec::new();
    for _ in 0..links {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    assert_eq!(said.next().unwrap().unwrap(), "ready");
    let begin = Instant::now();
    let tasks: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(peer(stream, true, bytes, rounds / links)))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let seconds = begin.elapsed().as_secs_f64() / rounds as f64;
    assert!(child.wait().unwrap().success());
    seconds
}
