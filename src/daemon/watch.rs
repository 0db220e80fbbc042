//! Watches config, library and templates; on a change or SIGHUP they are read again, and wrong ones change nothing.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::app::attention::BrokenFiles;
use crate::app::reload::{self, Reloaded};
use crate::app::{AppContext, AppError, Content, Loaded};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::without_addresses;
use crate::messages;

/// How often the files are looked at. A stat of a hundred files costs less than a millisecond, and works on any file system.
const LOOK: Duration = Duration::from_secs(1);

/// How long files must have been still before they are read: an editor or a copy may be in the middle of writing.
const STILL: Duration = Duration::from_millis(1_500);

/// After so many looks at files that never are still, they are read all the same: half a minute.
const MOST_LOOKS: u32 = 20;

/// Folders deeper than this are not ours.
const DEPTH: usize = 4;

/// What the files looked like: names, sizes and times in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(u64);

impl Stamp {
    /// Looks at the config and at what lies beside it. What cannot be read counts as absent.
    pub fn of(config: &Path) -> Self {
        let folder = config.parent().unwrap_or_else(|| Path::new(""));
        let mut hasher = DefaultHasher::new();
        note(config, 0, &mut hasher);
        note(&folder.join("activities"), DEPTH, &mut hasher);
        note(&folder.join("templates"), DEPTH, &mut hasher);
        // The logo lies there, or will.
        let mut pictures = pictures_in(folder);
        pictures.sort();
        for picture in pictures {
            note(&picture, 0, &mut hasher);
        }
        Self(hasher.finish())
    }

    async fn now(config: &Path) -> Option<Self> {
        let config = config.to_owned();
        tokio::task::spawn_blocking(move || Self::of(&config)).await.ok()
    }
}

fn pictures_in(folder: &Path) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        ending.is_some_and(|ending| ["png", "jpg", "jpeg", "webp"].contains(&ending.as_str()))
    };
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).filter(is_picture).collect()
}

fn note(path: &Path, depth: usize, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    let Ok(about) = fs::metadata(path) else { return };
    if !about.is_dir() {
        (about.len(), about.modified().ok()).hash(hasher);
        return;
    }
    if depth == 0 {
        return;
    }
    let mut inside: Vec<PathBuf> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        note(&path, depth - 1, hasher);
    }
}

/// What is in force, and what the files looked like when they were last judged: loaded, or found wrong.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) context: AppContext,
    pub(super) content: Content,
    pub(super) stamp: Stamp,
    /// The files were changed since and are wrong.
    pub(super) broken: Option<BrokenFiles>,
}

impl Current {
    /// Whether the files are as they were when they were last judged.
    pub(super) async fn is_up_to_date(&self) -> bool {
        Stamp::now(&self.context.config.file).await.is_none_or(|now| now == self.stamp)
    }
}

/// Replaces what is in `current` whenever its files changed and are right, until `stop`. `asked` is SIGHUP.
/// With `syncs`, the subscribers follow the config.
pub(super) async fn watch(current: watch::Sender<Current>, syncs: bool, asked: Arc<Notify>, stop: CancellationToken) {
    let config = current.borrow().context.config.file.clone();
    let mut sync_waits = false;
    loop {
        let forced = tokio::select! {
            () = stop.cancelled() => return,
            () = asked.notified() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        if sync_waits {
            let context = current.borrow().context.clone();
            sync_waits = !follow(&context, false).await;
        }
        let judged = current.borrow().stamp;
        let Some(seen) = Stamp::now(&config).await.filter(|seen| forced || *seen != judged) else { continue };
        let Some(still) = until_still(&config, seen, &stop).await else { continue };
        // A task of its own, so that a panic ends the reading and not the watch.
        let before = current.borrow().context.clone();
        match tokio::spawn(async move { reload::reload(&before).await }).await {
            Ok(Ok(fresh)) => {
                tell(&fresh);
                let Reloaded { context, content, .. } = fresh;
                let fresh = Current { context, content, stamp: still, broken: None };
                current.send_replace(fresh.clone());
                sync_waits = syncs && !follow(&fresh.context, true).await;
            }
            // The store is locked or full: the files are not to blame, and the next look tries again.
            Ok(Err(error)) if error.may_pass() => {
                tracing::warn!("the files are read again later: {}", messages::errors::error(&error));
            }
            // What was written while we read is no error yet.
            Ok(Err(_)) if Stamp::now(&config).await.is_some_and(|now| now != still) => {}
            failed => {
                match &failed {
                    Ok(Err(error)) => complain(error),
                    Err(panic) => tracing::error!("reading the changed files broke off: {panic}"),
                    Ok(Ok(_)) => {}
                }
                let error = failed.ok().and_then(Result::err);
                // Whoever waits for a fresh judgement may go on with what is in force.
                current.send_if_modified(|current| {
                    current.stamp = still;
                    current.broken = Some(broken(&current.context, current.broken, error.as_ref()));
                    false
                });
            }
        }
    }
}

/// What a console that runs alone shows. Unlike a daemon, it opens where library or templates are wrong, too.
#[derive(Clone)]
pub(super) struct Alone {
    pub(super) context: AppContext,
    pub(super) loaded: Loaded,
    /// The files were changed since and are wrong.
    pub(super) broken: Option<BrokenFiles>,
}

/// As [`watch`], for a console that runs alone; the subscribers are left to the daemon.
pub(super) async fn watch_alone(current: watch::Sender<Alone>, stop: CancellationToken) {
    let config = current.borrow().context.config.file.clone();
    let mut judged = Stamp::now(&config).await;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let Some(seen) = Stamp::now(&config).await.filter(|seen| Some(*seen) != judged) else { continue };
        let Some(still) = until_still(&config, seen, &stop).await else { continue };
        let before = current.borrow().context.clone();
        match tokio::spawn(async move { reload::reload(&before).await }).await {
            Ok(Ok(Reloaded { context, content, .. })) => {
                current.send_replace(Alone { context, loaded: Loaded::Whole(content), broken: None });
            }
            Ok(Err(error)) if error.may_pass() => continue,
            Ok(Err(error)) => {
                complain(&error);
                current.send_modify(|alone| alone.broken = Some(broken(&alone.context, alone.broken, Some(&error))));
            }
            Err(panic) => tracing::error!("reading the changed files broke off: {panic}"),
        }
        judged = Some(still);
    }
}

/// What is wrong with files that were changed. Whoever saves the next mistake does not begin anew.
fn broken(context: &AppContext, before: Option<BrokenFiles>, error: Option<&AppError>) -> BrokenFiles {
    let errors = match error {
        Some(AppError::Findings(findings)) => findings.iter().filter(|one| one.is_error()).count(),
        _ => 1,
    };
    let since = before.map_or_else(|| context.clock.now(), |broken| broken.since);
    BrokenFiles { errors: errors as u64, since }
}

/// Brings the store into line with the new config; whether that is done. A store that is locked now is tried again.
async fn follow(context: &AppContext, first: bool) -> bool {
    match super::sync_log::sync_and_log(context).await {
        Err(error) if error.may_pass() => {
            if first {
                tracing::warn!("the subscribers are synced later: {}", messages::errors::error(&error));
            }
            false
        }
        Err(error) => {
            tracing::error!("the subscribers were not synced: {}", messages::errors::error(&error));
            true
        }
        Ok(()) => true,
    }
}

/// Waits until two looks in a row see the same, but not for ever; `None` when told to stop.
async fn until_still(config: &Path, mut seen: Stamp, stop: &CancellationToken) -> Option<Stamp> {
    for _ in 0..MOST_LOOKS {
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(STILL) => {}
        }
        match Stamp::now(config).await {
            Some(now) if now != seen => seen = now,
            _ => return Some(seen),
        }
    }
    tracing::warn!(
        "something below activities/ or templates/ changes all the time: the files are read as they are now"
    );
    Some(seen)
}

fn tell(fresh: &Reloaded) {
    let activities = fresh.content.library.activities.len();
    tracing::info!(activities, "config, library and templates were read again and are in force");
    for key in &fresh.kept {
        tracing::warn!("{key} was changed: that takes effect when the daemon is restarted");
    }
    fresh.warnings().for_each(|finding| tracing::warn!("{}", for_the_log(finding)));
}

fn complain(error: &AppError) {
    tracing::error!(
        "the files were changed and are wrong, so the old ones stay in force; `fortnightly check` says more:"
    );
    match error {
        AppError::Findings(findings) => {
            let errors = findings.iter().filter(|finding| finding.is_error());
            errors.for_each(|finding| tracing::error!("{}", for_the_log(finding)));
        }
        other => tracing::error!("{}", blind(&messages::errors::error(other))),
    }
}

/// A finding on one line, without an address and without the name beside it (invariant 11).
fn for_the_log(finding: &Diagnostic) -> String {
    let number = |n: Option<usize>| n.map_or(String::new(), |n| format!(":{n}"));
    let place = number(finding.line) + &number(finding.column);
    let file = finding.file.as_deref().unwrap_or("config");
    format!("{file}{place}: {}: {}", finding.code, blind(&finding.message))
}

/// `text` without what stands in quotation marks around an address, and without any other word with an @.
fn blind(text: &str) -> String {
    let quoted = text.split_inclusive('”').map(|part| match part.split_once('“') {
        Some((before, inside)) if inside.contains('@') => format!("{before}“…”"),
        _ => part.to_owned(),
    });
    without_addresses(&quoted.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_every_file_that_counts_and_with_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("activities/kindness")).expect("a folder");
        let config = path("config.toml");
        let mut seen = vec![Stamp::of(&config)];
        for name in ["config.toml", "activities/help.toml", "activities/kindness/theme.md", "templates"] {
            fs::write(path(name), "x").expect("a file");
            let stamp = Stamp::of(&config);
            assert!(!seen.contains(&stamp), "{name} was not noticed");
            seen.push(stamp);
        }
        fs::write(path("README.md"), "x").expect("a file");
        assert_eq!(seen.last(), Some(&Stamp::of(&config)));
        fs::remove_file(path("activities/help.toml")).expect("it is there");
        assert_ne!(seen.last(), Some(&Stamp::of(&config)));
    }

    #[test]
    fn no_address_and_no_name_beside_one_is_left() {
        let told = blind("email “Jane Doe <jane@hillside.example>” is not an email address; see “bands”");
        assert_eq!(told, "email “…” is not an email address; see “bands”");
        assert_eq!(blind("office@hillside.example is named twice"), "… is named twice");
        assert_eq!(blind("“unended a@b.example"), "“…”");
    }
}
