//! `run`: the daemon.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::{Context, out, sync};
use crate::daemon::{self, Role};
use crate::service::Service;

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
        let config = context.config()?;
        context.refuse_pretended_time(&config)?;
        let service = Service::open(config, context.clock).await?;
        let synced = sync::sync_and_tell(&service).await?;
        if synced.waits_for_consent() {
            out::error(&sync::consent(&synced.plan));
        }
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
        let role = match self.role {
            RoleArg::All => Role::All,
            RoleArg::Sender => Role::Sender,
            RoleArg::Web => Role::Web,
        };
        daemon::run(service, role, stop).await?;
        Ok(ExitCode::SUCCESS)
    }
}
