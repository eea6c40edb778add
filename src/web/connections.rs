//! Connections: taken, answered, and let go when their request does not come.
//!
//! A client that sends its request letter by letter, or nothing at all, costs a descriptor and a few
//! kilobytes until [`HEADER_TIME_LIMIT`]; it is never counted by address, since a class shares one.
//! How long a body may take is the time limit of its request (`layers`).

use std::{convert::Infallible, future::Future, pin::pin, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tower::ServiceExt;

/// How long a connection may stand without a whole head of a request, between two requests too. A
/// little more than a proxy keeps one in store (60 s in `deploy/`): it is the proxy that lets go, and
/// never sends a completion into a connection that has just been closed.
const HEADER_TIME_LIMIT: Duration = Duration::from_secs(75);

/// How long to wait when no connection can be taken: no descriptor is free.
const REST: Duration = Duration::from_millis(200);

/// Answers connections with `site` until `stop` ends, then lets those that are answering finish.
pub async fn answer(listener: TcpListener, site: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_LIMIT);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    let mut is_full = false;
    loop {
        let taken = tokio::select! {
            () = &mut stop => break,
            taken = listener.accept() => taken,
        };
        match taken {
            Ok((stream, _)) => {
                is_full = false;
                tokio::spawn(serve(
                    stream,
                    http.clone(),
                    site.clone(),
                    graceful.watcher(),
                ));
            }
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                if !is_full {
                    tracing::error!(%error, "no connection can be taken; raise LimitNOFILE (ulimit -n)");
                }
                is_full = true;
                sleep(REST).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Answers the requests of one connection.
async fn serve(stream: TcpStream, http: http1::Builder, site: Router, watcher: Watcher) {
    let service = service_fn(move |request: Request<Incoming>| {
        let site = site.clone();
        async move {
            let answer = site.oneshot(request.map(Body::new)).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
        }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service);
    // What goes wrong on a connection is its client's affair; requests have their own log line.
    drop(watcher.watch(connection).await);
}

/// Whether the client went away before it was taken.
fn is_of_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
