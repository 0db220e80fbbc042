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
    let unusable = |error: String| PostgresError::Untrusted(format!("the certificates of store.ca_file: {error}"));
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("there is no CERTIFICATE block".to_owned()));
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
        Some(other) => Some(format!("does not agree on TLS with us ({other}): look at the server's settings and its log")),
        // The crate has no other word for it.
        None if cause.to_string() == "server does not support TLS" => Some(
            "does not speak TLS: switch it on there (ssl = on, with a certificate), since addresses must not cross the network \
             in the clear"
                .to_owned(),
        ),
        None => None,
    }
}

fn about_certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "shows a certificate for another name: write the name that the certificate has into store.url, or give the server \
             one for this name"
                .to_owned()
        }
        // Another authority may have the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => "shows a certificate of an authority that is not trusted: let store.ca_file name the \
                                            certificate of the authority that issued the server's"
            .to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "shows a certificate that has expired: renew it, unless this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "shows a certificate that is not valid yet: look at the clock of this machine".to_owned()
        }
        other => format!("shows a certificate that cannot be verified ({other}): give the server another one"),
    }
}
