//! Watches config, library and templates; on a change or SIGHUP they are read again, and wrong ones change nothing.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Role;
use crate::domain::diagnostic::Diagnostic;
use crate::service::{Service, ServiceError, sync};

/// How often the files are looked at. A stat of a hundred files costs less than a millisecond, and works on any file system.
const LOOK: Duration = Duration::from_secs(1);

/// How long files must have been still before they are read: an editor or a copy may be in the middle of writing.
const STILL: Duration = Duration::from_millis(1_500);

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
        Self(hasher.finish())
    }

    async fn now(config: &Path) -> Option<Self> {
        let config = config.to_owned();
        tokio::task::spawn_blocking(move || Self::of(&config)).await.ok()
    }
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

/// Replaces the service in `current` whenever its files changed and are right, until `stop`.
/// `loaded` is what they looked like before they were read; `asked` is SIGHUP.
pub(super) async fn watch(
    current: watch::Sender<Service>,
    role: Role,
    mut loaded: Stamp,
    asked: Arc<Notify>,
    stop: CancellationToken,
) {
    let config = current.borrow().config.file.clone();
    loop {
        let forced = tokio::select! {
            () = stop.cancelled() => return,
            () = asked.notified() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        let Some(seen) = Stamp::now(&config).await else { continue };
        if seen == loaded && !forced {
            continue;
        }
        let Some(still) = until_still(&config, seen, &stop).await else { return };
        let before = current.borrow().clone();
        let fresh = before.reloaded().await;
        // What was written while we read is no error yet.
        if fresh.is_err() && Stamp::now(&config).await != Some(still) {
            continue;
        }
        loaded = still;
        match fresh {
            Ok((service, kept)) => {
                tell(&service, &kept);
                if role != Role::Web
                    && let Err(error) = sync::sync_and_log(&service).await
                {
                    tracing::error!("{error}");
                }
                current.send_replace(service);
            }
            Err(error) => complain(&error),
        }
    }
}

/// Waits until two looks in a row see the same; `None` when told to stop.
async fn until_still(config: &Path, mut seen: Stamp, stop: &CancellationToken) -> Option<Stamp> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(STILL) => {}
        }
        let now = Stamp::now(config).await?;
        if now == seen {
            return Some(now);
        }
        seen = now;
    }
}

fn tell(service: &Service, kept: &[&'static str]) {
    let activities = service.material.as_ref().map_or(0, |material| material.library.activities.len());
    tracing::info!(activities, "config, library and templates were read again and are in force");
    for key in kept {
        tracing::warn!("{key} was changed: that takes effect when the daemon is restarted");
    }
    service.warnings().for_each(|finding| tracing::warn!("{finding}"));
}

fn complain(error: &ServiceError) {
    tracing::error!(
        "the files were changed and are wrong, so the old ones stay in force; `fortnightly check` says the same:"
    );
    match error {
        ServiceError::Findings(findings) => {
            findings
                .iter()
                .filter(|finding| finding.is_error())
                .for_each(|finding| tracing::error!("{}", one_line(finding)));
        }
        other => tracing::error!("{other}"),
    }
}

/// A log has one line per event.
fn one_line(finding: &Diagnostic) -> String {
    finding.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
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
}
