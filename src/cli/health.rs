//! `mini-site health`: asks the server of this machine whether it is ready, for a host that has
//! nothing else to ask with, such as a container without a shell.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use reqwest::header::HeaderMap;

use crate::{config::Config, lti::client::PlatformClient, web::urls::route};

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let address = own_address(config.listen);
    let url = format!("http://{address}{}", route::HEALTH_READY).parse()?;
    let answer = PlatformClient::new(true)?
        .get(url, HeaderMap::new())
        .await
        .with_context(|| format!("nothing answers on {address}; is the server up?"))?;
    if !answer.status.is_success() {
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        bail!("not ready: {} {said}", answer.status.as_u16());
    }
    println!("ready");
    Ok(())
}

/// Where a server that listens there is reached from its own machine.
fn own_address(listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port())
    } else {
        listen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "127.0.0.1:3000"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            let listen = listen.parse().expect("an address");
            assert_eq!(own_address(listen).to_string(), asked);
        }
    }
}
