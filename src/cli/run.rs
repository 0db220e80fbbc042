//! `run`: the daemon.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::reporter::Reporter;
use crate::app::sender::speaks_smtp;
use crate::app::{Loaded, bootstrap, nodes};
use crate::daemon::{self, Role, Stamp};

#[derive(Debug, Args)]
pub(super) struct Run {
    /// What this process does
    #[arg(long, value_enum, default_value = "all")]
    role: RoleArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    All,
    Sender,
    Web,
}

impl Run {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        // Before anything else: the signal would end a daemon that is still starting.
        let asked = hangups()?;
        // Before anything is read: what changes from now on is read again.
        let stamp = Stamp::of(&context.global.config);
        let config = context.config()?;
        let sends = !matches!(self.role, RoleArg::Web);
        if sends {
            context.refuse_pretended_time(&config)?;
        }
        let (app, content) = bootstrap::open_whole(config, context.clock).await?;
        if sends {
            daemon::sync_log::sync_and_log(&app).await?;
            let mailboxes = Reporter::new(&app, Loaded::Whole(content.clone())).mailboxes().await?;
            let to = if speaks_smtp(&app.config) { "a relay" } else { "a folder: nothing leaves this machine" };
            tracing::info!(mailboxes, now = %app.local(app.clock.now()).to_rfc3339(), "mail goes to {to}");
        }
        if nodes::may_lose(&app).await? {
            tracing::warn!("{}; see `fortnightly check`", nodes::MAY_LOSE);
        }
        let role = match self.role {
            RoleArg::All => Role::All,
            RoleArg::Sender => Role::Sender,
            RoleArg::Web => Role::Web,
        };
        let files = daemon::Files { stamp, asked };
        daemon::run(app, content, role, files, stopping()?, &out::line).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Cancelled as soon as someone asks us to stop (SIGTERM or SIGINT).
pub(super) fn stopping() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    let mut terminate = signal(SignalKind::terminate()).map_err(anyhow::Error::from)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(anyhow::Error::from)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what is in hand is finished");
        stopper.cancel();
    });
    Ok(stop)
}

/// Tells of every SIGHUP from now on.
fn hangups() -> Result<Arc<Notify>, Failure> {
    let asked = Arc::new(Notify::new());
    let again = Arc::clone(&asked);
    let mut hangup = signal(SignalKind::hangup()).map_err(anyhow::Error::from)?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            tracing::info!("told to read the files again");
            again.notify_one();
        }
    });
    Ok(asked)
}
