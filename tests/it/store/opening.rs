//! Opening a file: fresh, racing, newer, foreign, damaged, locked, read-only.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Duration;

use fortnightly::store::sqlite::SqliteStore;
use fortnightly::store::{Editions, Outbox as _, StoreError, StoreMeta};
use rusqlite::Connection;

use super::desk::Desk as _;
use super::samples::{at, crowd, day};
use super::whole::Whole as _;
use super::{hasher, open};
use fortnightly::domain::edition::EditionNumber;

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("var/data/fortnightly.db");
    (folder, path)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_fresh_store_is_private_and_tidy() {
    let (_folder, path) = fresh();
    let store = open(&path);
    let meta = StoreMeta { anchor: day("2026-09-07"), first: EditionNumber(1) };
    store.begin(meta, at(0)).await.unwrap();
    for name in names(path.parent().unwrap()) {
        let mode = fs::metadata(path.with_file_name(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
    assert_eq!(names(path.parent().unwrap()), ["fortnightly.db"]);
    assert_eq!(open(&path).meta().await.unwrap(), Some(meta));
}

#[tokio::test]
async fn a_clean_end_leaves_no_lock_behind() {
    let (_folder, path) = fresh();
    let store = open(&path);
    super::samples::send_out(&store, &crowd(1)).await;
    super::samples::claim(&store, 2, 1).await;
    assert!(names(path.parent().unwrap()).contains(&"fortnightly.db.claims".to_owned()));
    store.abandon(true, super::samples::at(3)).await.unwrap();
    drop(store);
    assert_eq!(names(path.parent().unwrap()), ["fortnightly.db"]);
}

#[test]
fn many_may_open_a_fresh_store_at_once() {
    for _ in 0..5 {
        let (_folder, path) = fresh();
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        SqliteStore::open(&path, hasher()).map(drop)
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
        let version: i64 =
            Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, newest());
    }
}

/// The number of migrations.
fn newest() -> i64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sqlite/engine/migrations");
    i64::try_from(fs::read_dir(folder).unwrap().count()).unwrap()
}

/// Opens `path` both ways; each must fail, and leave the folder as it is.
fn refused(path: &Path) -> [StoreError; 2] {
    let folder = path.parent().unwrap();
    let before = (names(folder), fs::read(path).ok());
    let errors = [SqliteStore::open(path, hasher()), SqliteStore::snapshot(path, hasher())].map(Result::unwrap_err);
    assert_eq!((names(folder), fs::read(path).ok()), before);
    errors
}

#[test]
fn a_newer_store_is_refused() {
    let (_folder, path) = fresh();
    drop(open(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for error in refused(&path) {
        assert!(matches!(error, StoreError::Newer { found: 99, known, .. } if known == newest()), "{error:?}");
    }
}

#[test]
fn a_foreign_database_is_refused() {
    let (folder, _) = fresh();
    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    for error in refused(&path) {
        assert!(matches!(error, StoreError::NotOurs { .. }), "{error:?}");
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let (folder, _) = fresh();
    let path = folder.path().join("letter.txt");
    fs::write(&path, "Dear parents and carers, ".repeat(100)).unwrap();
    for error in refused(&path) {
        assert!(matches!(error, StoreError::NotOurs { .. }), "{error:?}");
    }
    let inner = folder.path().join("letters");
    fs::create_dir(&inner).unwrap();
    for error in refused(&inner) {
        assert!(error.to_string().contains("it is a folder"), "{error}");
    }
}

#[tokio::test]
async fn a_store_that_others_hold_is_locked() {
    let (_folder, path) = fresh();
    let patience = Duration::from_millis(20);
    let store = SqliteStore::open_patiently(&path, hasher(), patience).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = SqliteStore::open_patiently(&path, hasher(), patience).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains("fortnightly.db"), "it says which: {error}");
    assert!(matches!(store.subscribe(&crowd(1), at(0)).await, Err(StoreError::Locked { .. })));
    assert!(store.subscribers().await.unwrap().is_empty(), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    store.subscribe(&crowd(1), at(0)).await.unwrap();
}

/// Root may write whatever the permissions say: runs this one test again as a user who may not.
fn as_nobody(test: &str) {
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
    let program = folder.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let ran =
        std::process::Command::new(program).args(["--exact", test]).uid(65534).current_dir("/tmp").output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_store_that_cannot_be_written_is_read_only() {
    let (_folder, path) = fresh();
    drop(open(&path));
    let folder = path.parent().unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.join("probe"), "").is_ok() {
        return as_nobody("store::opening::a_store_that_cannot_be_written_is_read_only");
    }
    let error = SqliteStore::open(&path, hasher()).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(SqliteStore::snapshot(&path, hasher()).is_ok(), "it can be looked at");
    let error = SqliteStore::open(&folder.join("new.db"), hasher()).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.db");
    fs::write(&path, "").unwrap();
    assert!(SqliteStore::snapshot(&path, hasher()).unwrap().meta().await.unwrap().is_none());
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    assert!(open(&path).meta().await.unwrap().is_none());
}
