//! What a host is told that asks whether the server is ready.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Output,
    thread,
};

use crate::process::{run, text};

/// A port, and what listens there.
fn port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port.to_string())
}

fn asked(port: &str) -> Output {
    let variables = [
        ("APP_ENV", "development"),
        ("DATABASE_URL", "postgres://localhost:1/none"),
        ("PORT", port),
    ];
    run(&["health"], &variables)
}

/// What `health` says of a server with this answer, and the first line of what it asked.
fn answered(status: &'static str) -> (Output, String) {
    let (listener, port) = port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut line = String::new();
        let mut request = BufReader::new(stream.try_clone().expect("the same connection"));
        request.read_line(&mut line).expect("a request");
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nwhy.").expect("an answer");
        line
    });
    let output = asked(&port);
    // Had it asked nothing, the server would wait for ever.
    drop(TcpStream::connect(format!("127.0.0.1:{port}")));
    (output, server.join().expect("the server ends"))
}

#[test]
fn a_server_that_is_ready_is_told_by_a_word_and_0() {
    let (output, request) = answered("200 OK");
    assert!(request.starts_with("GET /health/ready "), "{request}");
    assert_eq!(text(&output.stdout), "ready\n");
    assert!(output.status.success());
}

#[test]
fn a_server_that_is_not_ready_is_told_with_its_reason_and_1() {
    let (output, _) = answered("503 Service Unavailable");
    let told = text(&output.stderr);
    assert!(told.contains("not ready: 503 why."), "{told}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_server_that_is_not_there_is_told_with_its_address_and_1() {
    let (listener, port) = port();
    drop(listener);
    let output = asked(&port);
    let told = text(&output.stderr);
    assert!(told.contains(&format!("127.0.0.1:{port}")), "{told}");
    assert_eq!(output.status.code(), Some(1));
}
