//! Asks other machines over HTTP: with limits on time and size, without redirects, and on a thread that may wait.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio_rustls::rustls::crypto;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, http};

/// How long an exchange may take, from the first look into the DNS to the last octet.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is read, in octets: many times as much as any of those that we ask would send.
const LIMIT: u64 = 512 << 10;

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// It may hold secrets.
impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpAnswer({}, {} octets)", self.status, self.body.len())
    }
}

/// Why nothing came back. It never shows what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error("the certificates to trust cannot be used: {0}")]
    Certificates(String),
    #[error("there was no whole answer within {} seconds", PATIENCE.as_secs())]
    TooSlow,
    #[error("the answer is larger than {} KiB", LIMIT >> 10)]
    TooLarge,
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

/// Asks over HTTP. It uses the proxy that the environment names (`HTTPS_PROXY`, except for what `NO_PROXY` names).
pub struct HttpClient {
    agent: Agent,
}

impl HttpClient {
    /// A client that trusts these certificates (PEM), or the public authorities.
    ///
    /// # Errors
    /// When they are no certificates.
    pub fn new(ca_pem: Option<&[u8]>) -> Result<Self, HttpError> {
        let tls = TlsConfig::builder()
            .root_certs(roots(ca_pem)?)
            .unversioned_rustls_crypto_provider(Arc::new(crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            // Exchanges are rare, and a connection that was closed meanwhile would be one more way to fail.
            .max_idle_connections(0)
            .user_agent(concat!("Fortnightly/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self { agent: config.new_agent() })
    }

    /// What stands at this address.
    pub async fn get(&self, url: &str) -> Result<HttpAnswer, HttpError> {
        let (agent, url) = (self.agent.clone(), url.to_owned());
        aside(move || whole(agent.get(&url).call())).await
    }

    /// Posts a form, with this `Authorization` if there is one.
    pub async fn post(
        &self,
        url: &str,
        authorization: Option<SecretString>,
        form: SecretString,
    ) -> Result<HttpAnswer, HttpError> {
        let (agent, url) = (self.agent.clone(), url.to_owned());
        aside(move || {
            let request = agent.post(&url).content_type("application/x-www-form-urlencoded");
            let request = match &authorization {
                Some(authorization) => request.header("Authorization", authorization.expose_secret()),
                None => request,
            };
            whole(request.send(form.expose_secret()))
        })
        .await
    }
}

fn roots(ca_pem: Option<&[u8]>) -> Result<RootCerts, HttpError> {
    let Some(pem) = ca_pem else { return Ok(RootCerts::WebPki) };
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let read = read.map_err(|error| HttpError::Certificates(error.to_string()))?;
    if read.is_empty() {
        return Err(HttpError::Certificates("there is no CERTIFICATE block".to_owned()));
    }
    Ok(read.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).into())
}

/// How many threads wait for an answer at once. Passwords are hashed on threads of the same kind.
static PLACES: Semaphore = Semaphore::const_new(4);

/// Runs what blocks, on a thread that may wait.
async fn aside(
    exchange: impl FnOnce() -> Result<HttpAnswer, HttpError> + Send + 'static,
) -> Result<HttpAnswer, HttpError> {
    // A thread goes on when whoever asked has gone, so its place comes free only when it ends.
    let place = PLACES.acquire().await;
    let done = tokio::task::spawn_blocking(move || {
        let done = exchange();
        drop(place);
        done
    });
    done.await.unwrap_or_else(|error| Err(HttpError::Unreachable(error.to_string())))
}

fn whole(answer: Result<http::Response<Body>, ureq::Error>) -> Result<HttpAnswer, HttpError> {
    let mut answer = answer.map_err(|error| failed(&error))?;
    let body = answer.body_mut().with_config().limit(LIMIT).read_to_vec().map_err(|error| failed(&error))?;
    Ok(HttpAnswer { status: answer.status().as_u16(), body })
}

fn failed(error: &ureq::Error) -> HttpError {
    match error {
        ureq::Error::Timeout(_) => HttpError::TooSlow,
        ureq::Error::BodyExceedsLimit(_) => HttpError::TooLarge,
        ureq::Error::HostNotFound => HttpError::Unreachable("its name is not known to the DNS".to_owned()),
        error => HttpError::Unreachable(error.to_string()),
    }
}
