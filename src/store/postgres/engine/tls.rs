//! Who answers is verified, name and all (libpq's `sslmode=verify-full`), and told in words where it is not who should.

use std::error::Error as _;
use std::io;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore, crypto};

use super::error::PostgresError;

/// How certificates are verified: by these authorities, as PEM, or else by the public ones.
pub(super) fn client(ca_pem: Option<&[u8]>) -> Result<ClientConfig, PostgresError> {
    let unusable = |error: String| PostgresError::Untrusted(format!("store.ca_file cannot be used: {error}"));
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("it has no BEGIN CERTIFICATE block, so it is no certificate in PEM form".to_owned()));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| unusable(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Why a host is not trusted, and what to do, if that is why the connection failed; the end of a sentence about the host.
pub(super) fn distrust(error: &tokio_postgres::Error) -> Option<String> {
    let cause = error.source()?;
    let told = cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref()?.downcast_ref::<Error>());
    match told {
        Some(Error::InvalidCertificate(why)) => Some(about_certificate(why)),
        Some(other) => Some(format!("cannot agree with this program on how to encrypt ({other}): look at the ssl_* settings of the server and at its log")),
        // The crate has no other word for it.
        None if cause.to_string() == "server does not support TLS" => Some(
            "offers no encryption, and the addresses in the store must not cross the network without it: switch it on there \
             (ssl = on in postgresql.conf, and a certificate for the server)"
                .to_owned(),
        ),
        None => None,
    }
}

fn about_certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "shows a certificate for another name: use the name in the certificate in store.url, or give the server a \
             certificate for this name"
                .to_owned()
        }
        // Another authority may have the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "shows a certificate from an authority that is not trusted here: let store.ca_file name a file with the certificate of \
             that authority (PEM)"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "shows a certificate that has expired: renew it, or set this machine's clock if that is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "shows a certificate that is not valid yet: check the clock of this machine".to_owned()
        }
        other => format!("shows a certificate that cannot be verified ({other}): give the server another one"),
    }
}
