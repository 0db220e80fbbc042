//! Reads config, library and templates anew for a running daemon; wrong ones change nothing.

use std::sync::Arc;

use super::{AppError, Service, bootstrap};
use crate::config::{self, Config};
use crate::domain::diagnostic::Diagnostic;

impl Service {
    /// The same store, keys and clock, with config, library and templates as the files have them now. What only a
    /// restart can change stays as it was; the second value names it.
    ///
    /// # Errors
    /// Every finding of the files when one of them is an error, or why the store does not go with the new config.
    pub async fn reloaded(&self) -> Result<(Self, Vec<&'static str>), AppError> {
        let mut config = config::load(&self.config.file).map_err(AppError::Findings)?;
        let kept = keep(&self.config, &mut config);
        let material = bootstrap::material(&config).map_err(AppError::Findings)?;
        let fresh = Self { config: Arc::new(config), material: Some(material), ..self.clone() };
        if fresh.clock.is_pretended() && fresh.speaks_smtp() {
            return Err(AppError::PretendedTime);
        }
        bootstrap::begin(self.store.as_ref(), &fresh.config, self.clock).await?;
        Ok((fresh, kept))
    }

    /// Everything that is worth a warning in the files as they were read.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.config.warnings.iter().chain(self.material.iter().flat_map(|material| &material.warnings))
    }
}

/// Puts back what a running process cannot change, and names it.
fn keep(old: &Config, new: &mut Config) -> Vec<&'static str> {
    let mut kept = Vec::new();
    if new.store != old.store {
        new.store = old.store.clone();
        kept.push("store.url");
    }
    if new.web.listen != old.web.listen {
        new.web.listen = old.web.listen;
        kept.push("web.listen");
    }
    if new.web.console_listen != old.web.console_listen {
        new.web.console_listen = old.web.console_listen;
        kept.push("web.console_listen");
    }
    if new.web.secret_file != old.web.secret_file {
        new.web.secret_file.clone_from(&old.web.secret_file);
        kept.push("web.secret_file");
    }
    kept
}
