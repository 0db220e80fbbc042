//! A snapshot leaves the store's folder byte-identical, whatever state its journal is in (invariant 8).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use fortnightly::store::sqlite::SqliteStore;
use fortnightly::store::{Editions as _, Outbox as _};

use super::desk::Desk as _;
use super::elsewhere::Elsewhere;
use super::samples::{at, crowd};
use super::whole::Whole as _;
use super::{hasher, open};

/// Every file of the folder: content, and when it was last changed.
fn photograph(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let changed = fs::metadata(&path).unwrap().modified().unwrap();
            (path.clone(), (fs::read(&path).unwrap(), changed))
        })
        .collect()
}

/// Takes a snapshot, uses it, changes it, drops it; how many subscribers it held.
async fn use_snapshot(path: &Path) -> usize {
    let folder = path.parent().unwrap();
    let before = photograph(folder);
    let copy = SqliteStore::snapshot(path, hasher()).unwrap();
    let found = copy.subscribers().await.unwrap().len();
    copy.subscribe(&crowd(found + 5), at(9)).await.unwrap();
    assert_eq!(copy.subscribers().await.unwrap().len(), found + 5, "the copy itself can be changed");
    super::samples::send_out(&copy, &[]).await;
    super::samples::claim(&copy, 9, 2).await;
    copy.recover(true, at(9)).await.unwrap();
    drop(copy);
    assert!(photograph(folder) == before, "the folder changed");
    found
}

#[tokio::test]
async fn of_a_closed_store() {
    let folder = tempfile::tempdir().unwrap();
    // Every character that a URI would misread.
    let path = folder.path().join("a b?c#d%20é.db");
    let store = open(&path);
    store.subscribe(&crowd(3), at(0)).await.unwrap();
    drop(store);
    assert_eq!(photograph(folder.path()).len(), 1);
    assert_eq!(use_snapshot(&path).await, 3);
}

/// It's read at once: nobody goes on with such a log.
#[tokio::test]
async fn of_a_store_whose_writer_was_killed_as_it_began_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let side = |end: &str| folder.path().join(format!("x.db{end}"));
    let store = open(&path);
    store.subscribe(&crowd(3), at(0)).await.unwrap();
    let log = fs::read(side("-wal")).unwrap();
    drop(store);
    fs::write(side("-wal"), &log[..32]).unwrap();
    fs::write(side("-shm"), vec![0; 32 * 1024]).unwrap();
    let begun = Instant::now();
    assert_eq!(use_snapshot(&path).await, 3);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn of_a_store_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut elsewhere = Elsewhere::open(&path);
    elsewhere.subscribe(3);
    assert_eq!(photograph(folder.path()).len(), 3, "file, -wal and -shm");
    assert_eq!(use_snapshot(&path).await, 3);
    elsewhere.subscribe(4);
    assert_eq!(use_snapshot(&path).await, 4);
}

/// Whenever the log is long enough to be moved to the main file, a look at the store may begin just then.
#[tokio::test]
async fn of_a_store_that_is_written_to_afterwards_stay_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut elsewhere = Elsewhere::open(&path);
    let mut longest = 0;
    for round in 1..=40 {
        elsewhere.subscribe(round * 60);
        let copy = SqliteStore::snapshot(&path, hasher()).unwrap();
        // Someone writes while it is looked at.
        elsewhere.subscribe(round * 60 + 1);
        let found = copy.subscribers().await.map(|all| all.len());
        assert_eq!(found.unwrap(), round * 60);
        longest = longest.max(fs::metadata(folder.path().join("x.db-wal")).unwrap().len());
    }
    assert!((4 << 20..16 << 20).contains(&longest), "the log was moved at times: {longest}");
}

/// Closing a file of the store would take away the locks of this process.
#[tokio::test]
async fn of_a_store_that_this_process_has_open_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link, copy) = (folder.path().join("x.db"), folder.path().join("link.db"), folder.path().join("copy.db"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    fs::write(&copy, b"").unwrap();
    let look = || SqliteStore::snapshot(&link, hasher()).map(drop);
    let back_up = || SqliteStore::back_up(&link, &copy, ("keys", &hasher()), at(0));
    let (one, other) = (open(&path), open(&path));
    one.subscribe(&crowd(3), at(0)).await.unwrap();
    for store in [one, other] {
        for refused in [look().unwrap_err(), back_up().unwrap_err()] {
            assert!(refused.to_string().contains("this process has it open already"), "{refused}");
        }
        drop(store);
    }
    back_up().unwrap();
    let snapshot = SqliteStore::snapshot(&path, hasher()).unwrap();
    look().unwrap();
    let refused = SqliteStore::open(&link, hasher()).unwrap_err();
    assert!(refused.to_string().contains("this process has it open already"), "{refused}");
    drop(snapshot);
    assert_eq!(open(&path).subscribers().await.unwrap().len(), 3);
}

#[tokio::test]
async fn of_a_store_whose_process_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let store = open(&path);
    store.subscribe(&crowd(3), at(0)).await.unwrap();
    for sides in [&["-wal"][..], &["-wal", "-shm"]] {
        let killed = tempfile::tempdir().unwrap();
        let copy = killed.path().join("x.db");
        fs::copy(&path, &copy).unwrap();
        for side in sides {
            fs::copy(folder.path().join(format!("x.db{side}")), killed.path().join(format!("x.db{side}"))).unwrap();
        }
        assert_eq!(use_snapshot(&copy).await, 3);
    }
}

#[tokio::test]
async fn of_no_store_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("var/x.db");
    let copy = SqliteStore::snapshot(&path, hasher()).unwrap();
    assert!(copy.meta().await.unwrap().is_none());
    assert!(copy.editions().await.unwrap().is_empty());
    assert!(photograph(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_someone_writes_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut elsewhere = Elsewhere::open(&path);
    // Enough pages that checkpoints happen meanwhile.
    let writer = tokio::task::spawn_blocking(move || (1..=20).for_each(|round| elsewhere.subscribe(round * 40)));
    let mut seen = 0;
    while !writer.is_finished() {
        let copy = tokio::task::block_in_place(|| SqliteStore::snapshot(&path, hasher())).unwrap();
        let found = copy.subscribers().await.unwrap().len();
        assert!(found % 40 == 0 && found >= seen, "{found} after {seen}");
        seen = found;
    }
    writer.await.unwrap();
    assert_eq!(SqliteStore::snapshot(&path, hasher()).unwrap().subscribers().await.unwrap().len(), 800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_while_someone_writes_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut elsewhere = Elsewhere::open(&path);
    let writer = tokio::task::spawn_blocking(move || {
        (1..=30).for_each(|round| elsewhere.subscribe(round * 40));
        elsewhere
    });
    let (mut seen, mut backups) = (0, 0);
    while !writer.is_finished() {
        let copy = folder.path().join("copy.db");
        fs::write(&copy, b"").unwrap();
        let keys = ("keys", &hasher());
        tokio::task::block_in_place(|| SqliteStore::back_up(&path, &copy, keys, at(0))).unwrap();
        assert!(!folder.path().join("copy.db-wal").exists() && !folder.path().join("copy.db-shm").exists());
        let sound = rusqlite::Connection::open(&copy).unwrap();
        assert_eq!(sound.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
        let found = SqliteStore::snapshot(&copy, hasher()).unwrap().subscribers().await.unwrap().len();
        assert!(found % 40 == 0 && found >= seen, "{found} after {seen}");
        (seen, backups) = (found, backups + 1);
    }
    let _elsewhere = writer.await.unwrap();
    assert!(seen > 0 && backups > 3, "{backups} while it was written to");
    let journal = fs::metadata(folder.path().join("x.db-wal")).unwrap().len();
    assert!(journal < 16 << 20, "no backup holds it up for long: {journal} bytes");
}
