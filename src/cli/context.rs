//! What every command has at hand: the global arguments, the clock, and the way to config and store.

use super::args::Global;
use super::failure::Failure;
use crate::app::{AppContext, Content, bootstrap};
use crate::clock::Clock;
use crate::config::{Config, TransportUrl};

/// What every command has at hand.
pub(super) struct Context {
    pub(super) global: Global,
    pub(super) clock: Clock,
}

impl Context {
    pub(super) fn config(&self) -> Result<Config, Failure> {
        crate::config::load(&self.global.config).map_err(Failure::Config)
    }

    /// The store, without library and templates: what is wrong with those must not keep anyone from subscribing.
    pub(super) async fn open(&self) -> Result<AppContext, Failure> {
        Ok(bootstrap::open(self.config()?, self.clock).await?)
    }

    /// The store, library and templates.
    pub(super) async fn open_whole(&self) -> Result<(AppContext, Content), Failure> {
        Ok(bootstrap::open_whole(self.config()?, self.clock).await?)
    }

    /// One moment of the store, library and templates: for commands that must change nothing.
    pub(super) async fn open_whole_copy(&self) -> Result<(AppContext, Content), Failure> {
        Ok(bootstrap::open_whole_copy(self.config()?, self.clock).await?)
    }

    /// Refuses a pretended time where mail would really leave.
    pub(super) fn refuse_pretended_time(&self, config: &Config) -> Result<(), Failure> {
        if self.clock.is_pretended() && matches!(config.mail.transport, TransportUrl::Smtp(_)) {
            return Err(Failure::Usage(
                "--now is refused here: mail.transport speaks SMTP, and mail with a pretended date would really leave. \
                 Use `preview`, `send --dry-run`, or a maildir: transport."
                    .into(),
            ));
        }
        Ok(())
    }
}
