//! Hears of what other processes decide (<https://www.postgresql.org/docs/15/sql-listen.html>), over a connection of its own that
//! is in no pool. Where nothing is heard, as behind a pooler that lends connections for one transaction, it is asked for once
//! a second. What is told says that there is something new, and nothing of what it is.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::alone;
use super::connect::Connection;
use super::error::PostgresError;
use super::sql::params;
use super::trace::random;
use super::transaction::Source;
use crate::store::{News, StoreError};

/// How often is asked where nothing is told, and how long is waited after a connection was lost.
const PAUSE: Duration = Duration::from_secs(1);

/// How long what we say ourselves may take to be heard.
const ECHO: Duration = Duration::from_secs(2);

/// After so long without a word, it is tried whether one is still heard.
const QUIET: Duration = Duration::from_secs(10);

/// Another number whenever a line was added to the audit, also where one that was begun earlier is committed later.
const NEWEST: &str = "SELECT coalesce(sum(id), 0)::bigint FROM (SELECT id FROM audit ORDER BY id DESC LIMIT 100) AS a";

/// Tells whoever asked for news.
pub(in crate::store::postgres) struct Listener {
    source: Source,
    runtime: Handle,
    told: watch::Sender<()>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Listener {
    /// For a store that is opened now, within the runtime that lives as long as it does. It listens once someone asks for news.
    pub(in crate::store::postgres) fn new(source: Source) -> Self {
        Self { source, runtime: Handle::current(), told: watch::Sender::default(), listening: Mutex::default() }
    }

    /// What is decided from now on.
    pub(in crate::store::postgres) fn news(&self) -> News {
        let mut listening = self.listening.lock();
        if let (Source::Shared(_), None) = (&self.source, &*listening) {
            *listening = Some(self.runtime.spawn(listen(self.source.clone(), self.told.clone())));
        }
        News::new(self.told.subscribe())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.lock().take() {
            listening.abort();
        }
    }
}

/// How it ended.
enum Heard {
    /// The connection was lost.
    Lost,
    /// What we said ourselves was not heard on a connection that lasted.
    Nothing,
}

async fn listen(source: Source, told: watch::Sender<()>) {
    loop {
        match hear(&source, &told).await {
            Ok(Heard::Nothing) => {
                tracing::info!(
                    "this connection passes on no notifications (behind PgBouncer that's normal), so this node asks once a second what others \
                     have decided"
                );
                ask(&source, &told).await;
            }
            Ok(Heard::Lost) => {}
            Err(error) => tracing::debug!("what other nodes decide is heard later: {error}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Passes on what is told, for as long as it is heard.
async fn hear(source: &Source, told: &watch::Sender<()>) -> Result<Heard, StoreError> {
    let at = |error: PostgresError| error.at(source.place());
    let (client, mut words) = connect(source).await.map_err(at)?;
    client.batch_execute("LISTEN fortnightly").await.map_err(|error| at(error.into()))?;
    // Whatever was told before was not heard.
    told.send_replace(());
    let mut quiet = Duration::ZERO;
    loop {
        match timeout(quiet, words.recv()).await {
            Ok(None) => return Ok(Heard::Lost),
            Ok(Some(word)) => tell(&word, told),
            Err(_) => {
                if let Some(heard) = is_nothing_heard(source, &mut words, told).await? {
                    // A pooler may have lent us a server's connection, which goes on listening; most likely it lends the same one again.
                    let _ = client.batch_execute("UNLISTEN fortnightly").await;
                    return Ok(heard);
                }
            }
        }
        quiet = QUIET;
    }
}

/// A decision has no word with it; others are for whoever said them.
fn tell(word: &str, told: &watch::Sender<()>) {
    if word.is_empty() {
        told.send_replace(());
    }
}

/// Says a word over another connection, and waits for it.
async fn is_nothing_heard(
    source: &Source,
    words: &mut mpsc::UnboundedReceiver<String>,
    told: &watch::Sender<()>,
) -> Result<Option<Heard>, StoreError> {
    let ours = random().map_err(|error| error.at(source.place()))?.to_string();
    alone::row(source, "SELECT pg_notify('fortnightly', $1)", params![ours], |_| Ok(())).await?;
    let heard = async {
        loop {
            match words.recv().await {
                None => return Some(Heard::Lost),
                Some(word) if word == ours => return None,
                Some(word) => tell(&word, told),
            }
        }
    };
    Ok(timeout(ECHO, heard).await.unwrap_or(Some(Heard::Nothing)))
}

/// Asks once a second.
async fn ask(source: &Source, told: &watch::Sender<()>) -> ! {
    let mut known = None;
    loop {
        match alone::row(source, NEWEST, params![], |row| Ok(row.try_get::<_, i64>(0)?)).await {
            Ok(newest) if newest == known => {}
            Ok(newest) => {
                known = newest;
                told.send_replace(());
            }
            Err(error) => tracing::debug!("what other nodes decide is asked for later: {error}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A connection of its own, and the words that come over it.
async fn connect(source: &Source) -> Result<(Connection, mpsc::UnboundedReceiver<String>), PostgresError> {
    let (words, heard) = mpsc::unbounded_channel();
    Ok((source.database().listening(words).await?, heard))
}
