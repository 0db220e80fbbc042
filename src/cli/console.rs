//! `console`: the operators' pages alone, without the daemon.

use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::run::stopping;
use crate::app::bootstrap;
use crate::daemon;

#[derive(Debug, Args)]
pub(super) struct Console {}

impl Console {
    /// What is wrong with library or templates must not keep anyone from looking.
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let loaded = bootstrap::loaded(&config);
        let app = bootstrap::open(config, context.clock).await?;
        daemon::console_alone(app, loaded, stopping()?, &out::line).await?;
        Ok(ExitCode::SUCCESS)
    }
}
