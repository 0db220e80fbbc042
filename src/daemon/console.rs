//! The operators' console: whether it may open, and how, while there are no users.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::watch::Receiver;

use super::watch::Current;
use crate::app::sign_in::SignIn;
use crate::app::users::{Users, console_address};
use crate::app::{AppContext, Loaded, random_token};
use crate::config::CONSOLE;
use crate::web::console::{ConsoleParts, Opening};
use crate::web::{self, Site};

/// The operators' listener; none where the usual place is taken: several daemons may run on one machine.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) async fn listener(address: SocketAddr) -> Result<Option<TcpListener>> {
    match web::listen(address).await {
        Err(error) if address == CONSOLE => {
            tracing::warn!("no console and no metrics: {error}");
            Ok(None)
        }
        listener => Ok(Some(listener?)),
    }
}

/// The operators' pages, from the files as they are at each request. `decided` is told after each decision.
pub(super) fn site(opening: &Opening, now: Receiver<Current>, decided: Arc<Notify>) -> Site {
    web::console::site(opening, move || {
        let Current { context, content, broken, .. } = &*now.borrow();
        let (context, loaded) = (context.clone(), Loaded::Whole(content.clone()));
        ConsoleParts { context, loaded, broken: *broken, decided: Arc::clone(&decided) }
    })
}

/// How the console opens. While there are no users, `tell` gets the link that opens it once.
///
/// # Errors
/// When others than this machine could reach it and nobody has to sign in.
pub(super) async fn opening(context: &AppContext, listener: &TcpListener, tell: &dyn Fn(&str)) -> Result<Opening> {
    let address = listener.local_addr().context("the console has no address")?;
    let opening = Opening::new(random_token()?);
    if Users::new(context).any().await? {
        SignIn::new(context).seal_all_codes().await?;
        return Ok(opening);
    }
    if !address.ip().is_loopback() {
        bail!(
            "web.console_listen is {address}, which others can reach, and the console has no users yet: add one first with \
             `fortnightly users add ADDRESS --role admin`, or let it listen on 127.0.0.1"
        );
    }
    tell("Nobody can sign in to the console yet. This link opens it once, on this machine:");
    tell(&format!("http://{address}{}", opening.path()));
    tracing::info!(console = %console_address(&context.config.web), "the console has no users: see the link on standard output");
    Ok(opening)
}
