//! The organisation's sign-on as it's configured: what its provider said, and which attempts have already come back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::attempt::LIFE;
use crate::app::AppError;
use crate::app::error::SignOnRefusal;
use crate::config::{Config, Oidc};
use crate::oidc::{OidcError, Part, Provider, ProviderSettings};
use crate::ordinary_file;

/// How many attempts that came back are remembered.
const MOST: usize = 10_000;

/// What a process remembers of it.
#[derive(Default)]
pub(in crate::app) struct SignOn {
    /// Made when it is first needed.
    provider: Mutex<Option<Arc<Provider>>>,
    /// By their `state`. Another node knows nothing of them, but the provider redeems no code twice either.
    used: Arc<Mutex<BTreeMap<String, DateTime<Utc>>>>,
}

impl SignOn {
    /// The same, with a configuration that may have changed.
    pub(in crate::app) fn anew(&self) -> Self {
        Self { provider: Mutex::default(), used: Arc::clone(&self.used) }
    }

    /// The configured provider.
    pub(super) fn provider(&self, config: &Config) -> Result<Arc<Provider>, AppError> {
        let oidc = config.web.oidc.as_ref().ok_or(SignOnRefusal::NotConfigured)?;
        let mut known = self.provider.lock();
        if let Some(provider) = &*known {
            return Ok(Arc::clone(provider));
        }
        let provider = Arc::new(provider(oidc)?);
        *known = Some(Arc::clone(&provider));
        Ok(provider)
    }

    /// Uses up an attempt; false if it came back before.
    pub(super) fn use_up(&self, state: &str, now: DateTime<Utc>) -> bool {
        let mut used = self.used.lock();
        used.retain(|_, at| now - *at < LIFE);
        if used.len() >= MOST {
            used.pop_first();
        }
        used.insert(state.to_owned(), now).is_none()
    }
}

/// A provider with these settings; nothing is asked yet.
pub(in crate::app) fn provider(oidc: &Oidc) -> Result<Provider, AppError> {
    let read = |path: &Path| ordinary_file::read(path).map_err(|error| AppError::file(path, &error));
    let settings = ProviderSettings {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: oidc.client_secret.clone(),
        ca_pem: oidc.ca_file.as_deref().map(read).transpose()?,
    };
    let unusable = |why| OidcError::NoAnswer { part: Part::Configuration, why };
    Ok(Provider::new(settings).map_err(|why| SignOnRefusal::Provider(unusable(why)))?)
}
