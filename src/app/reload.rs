//! Reads config, library and templates anew for a running daemon; wrong ones change nothing.

use std::sync::Arc;

use super::{AppContext, AppError, Content, bootstrap};
use crate::config::{self, Config, TransportUrl};
use crate::domain::diagnostic::Diagnostic;

/// What a running daemon goes on with.
pub struct Reloaded {
    /// The same store, keys and clock, with the config as the file has it now.
    pub context: AppContext,
    /// Library and templates as they are now.
    pub content: Content,
    /// Keys of the config whose change only a restart puts in force.
    pub kept: Vec<&'static str>,
}

/// Reads config, library and templates.
///
/// # Errors
/// Every finding of the files when one of them is an error, or why the store does not go with the new config.
pub async fn reload(before: &AppContext) -> Result<Reloaded, AppError> {
    let mut config = config::load(&before.config.file).map_err(AppError::Findings)?;
    let kept = keep(&before.config, &mut config);
    let content = bootstrap::content(&config).map_err(AppError::Findings)?;
    if before.clock.is_pretended() && matches!(config.mail.transport, TransportUrl::Smtp(_)) {
        return Err(AppError::PretendedTime);
    }
    let sign_on = Arc::new(before.sign_on.anew());
    let context = AppContext { config: Arc::new(config), sign_on, ..before.clone() };
    bootstrap::begin(&context).await?;
    Ok(Reloaded { context, content, kept })
}

impl Reloaded {
    /// Everything that is worth a warning in the files as they were read.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.context.config.warnings.iter().chain(&self.content.warnings)
    }
}

/// Puts back what a running process cannot change, and names it.
fn keep(old: &Config, new: &mut Config) -> Vec<&'static str> {
    let mut kept = Vec::new();
    if !new.store.is_same(&old.store) {
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
