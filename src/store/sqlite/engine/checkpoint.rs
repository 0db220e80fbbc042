//! When the writer moves what is in the log to the main file: before it writes, and not after it, as `SQLite` does by itself. So
//! what was written last lies in the log alone, and whoever looks at the store keeps the log from starting over by that
//! (<https://sqlite.org/wal.html>, §2.2).

use std::cell::Cell;

use rusqlite::Connection;

use super::error::SqliteError;

/// How long the log becomes, in pages: as `SQLite` has it by itself, and where much is written.
const USUAL: i32 = 1_000;
const LONG: i32 = 16 * 1_024;

thread_local! {
    /// How long the log of this thread's connection is, and how long it may become.
    static LOG: Cell<(i32, i32)> = const { Cell::new((0, USUAL)) };
}

/// From now on the log is moved by [`if_due`] alone.
pub(super) fn take_over(conn: &mut Connection) -> Result<(), SqliteError> {
    let note = |_: &mut _, pages| {
        LOG.set((pages, LOG.get().1));
        Ok(())
    };
    Ok(conn.wal_hook(Some(note))?)
}

/// This thread's connection writes much: the log may become longer, as long as its journal may stay.
pub(super) fn let_grow() {
    LOG.set((LOG.get().0, LONG));
}

/// Moves the log to the main file if it is long, as far as nobody needs it. Where that fails, it is tried again before the next
/// write.
pub(super) fn if_due(conn: &Connection) {
    let (pages, most) = LOG.get();
    if pages >= most {
        let _ = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}
