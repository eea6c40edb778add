//! The one HTTP client: what we ask of platforms, with a time and a size limit on each call.
//!
//! Addresses come from platforms, so they are not trusted: https only, no redirect, and no host
//! on a private network, unless `LTI_ALLOW_PRIVATE_NETWORKS` says so (RFC 6890 has the list).

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hyper::ext::ReasonPhrase;
use reqwest::{
    Method, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderMap,
    redirect,
};
use url::{Host, Url};

use super::network::is_private;

/// The largest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// How long a platform may take to answer.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// Until it takes the connection.
    pub connect: Duration,
    /// Until its answer is read whole.
    pub total: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(5),
        }
    }
}

/// Asks platforms.
#[derive(Clone, Debug)]
pub struct PlatformClient {
    http: reqwest::Client,
    allows_private_networks: bool,
}

/// What a platform answered, whatever the status.
#[derive(Clone, Debug, Default)]
pub struct PlatformAnswer {
    /// The status; a redirect is an answer like any other.
    pub status: StatusCode,
    /// The words after the status, where they are not the usual ones: Moodle says there, in
    /// HTTP/1.1, why it refuses.
    pub reason: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is none that may be asked.
    #[error("{0} may not be asked: {1}")]
    Refused(String, &'static str),
    /// No connection, no answer in time, or the answer broke off.
    #[error("no answer")]
    Network(#[source] reqwest::Error),
    /// The answer is longer than [`MAX_ANSWER_BYTES`].
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
}

impl PlatformClient {
    /// A client; it opens its connections when they are first needed.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(allows_private_networks: bool) -> Result<Self, reqwest::Error> {
        Self::with_limits(allows_private_networks, TimeLimits::default())
    }

    /// The same with other limits than the usual ones.
    ///
    /// # Errors
    /// Those of [`PlatformClient::new`].
    pub fn with_limits(
        allows_private_networks: bool,
        limits: TimeLimits,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("mini-site/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Resolver {
                allows_private_networks,
            }))
            .build()?;
        Ok(Self {
            http,
            allows_private_networks,
        })
    }

    /// Whether an address may be asked at all: https, and no private address as its host.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason. A name that leads to a private address is found
    /// out when it is looked up.
    pub fn check(&self, url: &Url) -> Result<(), ClientError> {
        let refuse = |why| Err(ClientError::Refused(shown(url), why));
        let is_private_literal = match url.host() {
            Some(Host::Ipv4(address)) => is_private(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => is_private(IpAddr::V6(address)),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => return refuse("it has no host"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("a name or a password stands in it");
        }
        match url.scheme() {
            _ if is_private_literal && !self.allows_private_networks => {
                refuse("it is on a private network (LTI_ALLOW_PRIVATE_NETWORKS)")
            }
            "https" => Ok(()),
            "http" if self.allows_private_networks => Ok(()),
            _ => refuse("it is not https"),
        }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`ClientError`]; a refusal by the platform is an answer, not an error.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<PlatformAnswer, ClientError> {
        self.check(&url)?;
        let request = self.http.request(method, url).headers(headers).body(body);
        let mut response = request.send().await.map_err(network)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(ClientError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let reason = response.extensions().get::<ReasonPhrase>();
        Ok(PlatformAnswer {
            status: response.status(),
            reason: reason.map(|words| String::from_utf8_lossy(words.as_bytes()).into_owned()),
            headers: response.headers().clone(),
            body,
        })
    }

    /// Reads an address.
    ///
    /// # Errors
    /// Those of [`PlatformClient::send`].
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<PlatformAnswer, ClientError> {
        self.send(Method::GET, url, headers, Vec::new()).await
    }
}

/// A broken call, without its address: queries may hold a secret.
fn network(error: reqwest::Error) -> ClientError {
    ClientError::Network(error.without_url())
}

/// An address as errors show it: queries may hold a secret.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Looks names up and leaves out private addresses, at the very moment of the connection: a name
/// that changes its address between a check and the call gets nowhere.
struct Resolver {
    allows_private_networks: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allows_private_networks = self.allows_private_networks;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| allows_private_networks || !is_private(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(
                    "the name leads to private addresses only (LTI_ALLOW_PRIVATE_NETWORKS)".into(),
                );
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(allows_private_networks: bool) -> PlatformClient {
        let limits = TimeLimits {
            total: Duration::from_millis(100),
            ..TimeLimits::default()
        };
        PlatformClient::with_limits(allows_private_networks, limits).expect("certificates")
    }

    fn verdict(url: &str, allows_private_networks: bool) -> bool {
        let client = client(allows_private_networks);
        client.check(&Url::parse(url).expect("an address")).is_ok()
    }

    #[test]
    fn public_https_addresses_may_be_asked_and_no_other() {
        assert!(verdict("https://moodle.example.org/certs.php", false));
        for url in [
            "http://moodle.example.org/",
            "https://127.0.0.1/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://localhost/",
            "https://100.100.0.1/",
            "https://me:word@moodle.example.org/",
            "file:///etc/passwd",
        ] {
            assert!(!verdict(url, false), "{url}");
        }
        assert!(verdict("http://127.0.0.1:8080/", true));
        assert!(verdict("https://[2a00:1450:4007::200e]/", false));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_asked() {
        let resolver = Resolver {
            allows_private_networks: false,
        };
        let name = "localhost".parse().expect("a name");
        assert!(resolver.resolve(name).await.is_err());
    }

    #[tokio::test]
    async fn a_broken_call_shows_no_query() {
        let url = Url::parse("http://127.0.0.1:1/a?token=hush").expect("an address");
        let client = PlatformClient::new(true).expect("certificates");
        let error = client
            .get(url, HeaderMap::new())
            .await
            .expect_err("no server");
        assert!(matches!(error, ClientError::Network(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }

    #[test]
    fn an_error_shows_no_query() {
        let url = Url::parse("http://moodle.example.org/a?token=hush").expect("an address");
        let error = client(false)
            .check(&url)
            .expect_err("not https")
            .to_string();
        assert!(!error.contains("hush"), "{error}");
    }

    #[tokio::test]
    async fn a_platform_that_never_answers_is_given_up() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = silent.local_addr().expect("an address");
        let url = Url::parse(&format!("http://{address}/certs.php?token=hush")).expect("one");
        let error = client(true).get(url, HeaderMap::new()).await;
        let error = error.expect_err("no answer");
        assert!(matches!(error, ClientError::Network(_)), "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}
