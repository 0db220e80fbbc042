//! The processes that share the store: this one says that it is there, and who is there is told.

use std::future::Future;

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::{AppContext, AppError};
use crate::domain::text::dates;
use crate::store::Node;

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct NodeJson {
    /// Its number, never used again.
    pub node: u64,
    /// Its machine and its process there.
    pub name: String,
    /// What it does: the daemon's role, or the name of a command.
    pub role: String,
    /// Of the program.
    pub version: String,
    /// When it began.
    #[serde(serialize_with = "dates::with_offset")]
    pub started_at: DateTime<FixedOffset>,
    /// Its last sign of life.
    #[serde(serialize_with = "dates::with_offset")]
    pub seen_at: DateTime<FixedOffset>,
    /// No sign of life came for too long: others take up what it has in hand.
    pub gone: bool,
    /// How many mails it has in hand.
    pub in_hand: u64,
}

/// Who shares the store, by number; nobody where it is a file.
///
/// # Errors
/// When the store cannot be read.
pub async fn nodes(context: &AppContext) -> Result<Vec<NodeJson>, AppError> {
    let json = |node: Node| NodeJson {
        node: node.number,
        name: node.name,
        role: node.role,
        version: node.version,
        started_at: context.local(node.started),
        seen_at: context.local(node.seen),
        gone: node.gone,
        in_hand: node.in_hand,
    };
    Ok(context.store.nodes().await?.into_iter().map(json).collect())
}

/// What [`may_lose`] means.
pub const MAY_LOSE: &str = "the database confirms changes before its standby has them, so a fail-over can lose the latest unsubscribes \
                            and the record of what was sent. Fortnightly would notice that, and send nothing until someone \
                            releases the store";

/// Whether the database may lose what it answered when another server takes its place.
///
/// # Errors
/// When it cannot be asked.
pub async fn may_lose(context: &AppContext) -> Result<bool, AppError> {
    Ok(context.store.may_lose().await?)
}

/// This process is there from now on, as `role`.
///
/// # Errors
/// When the store fails.
pub async fn sign_on(context: &AppContext, role: &str) -> Result<(), AppError> {
    Ok(context.store.sign_on(role).await?)
}

/// It ends, and no sender of it is at work any more.
pub async fn sign_off(context: &AppContext) {
    context.store.sign_off().await;
}

/// Does `work` as a node of this role.
pub(super) async fn during<T, E: From<AppError>>(
    context: &AppContext,
    role: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    sign_on(context, role).await?;
    let done = work.await;
    sign_off(context).await;
    done
}
