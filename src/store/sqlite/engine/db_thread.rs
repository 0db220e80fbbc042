//! Threads that own one connection each and take requests from one bounded channel.
//!
//! There is one that writes. Of those that read there are several, so that a look at a whole edition holds up nobody who asks for a
//! row or two.
//!
//! The writer's lane groups what is waiting into one transaction, so that many callers share the cost of one
//! commit. Each request but the first has a savepoint of its own: where one fails, it alone is undone.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::SqliteError;
use super::identity::Identity;
use super::{checkpoint, schema, sql};
use crate::store::StoreError;

/// How many requests may wait before senders do.
const QUEUE: usize = 256;
/// How many requests share a commit at most.
const GROUP: usize = 64;

/// What a lane's transactions are.
#[derive(Debug, Clone, Copy)]
pub(in crate::store::sqlite) enum Mode {
    /// `BEGIN IMMEDIATE`, grouped.
    Write,
    /// One consistent view per request.
    Read,
    /// None: every request is a part of the one that is open, and that nobody commits.
    Within,
}

/// The end of a lane that takes requests. Dropping it runs what is waiting, then ends the threads.
pub(in crate::store::sqlite) struct DbThread {
    requests: Option<mpsc::Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
    place: String,
}

/// Where requests wait. Whichever thread is free takes the next.
type Inbox = Arc<Mutex<mpsc::Receiver<Box<dyn Job>>>>;

/// One request with its way back.
trait Job: Send {
    /// Does the work; whether its changes are to be kept.
    fn run(&mut self, conn: &Connection) -> bool;
    /// Answers, with `lost` if the transaction was.
    fn answer(self: Box<Self>, lost: Option<&SqliteError>, place: &str);
}

struct Request<T, F> {
    work: Option<F>,
    result: Option<Result<T, SqliteError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Request<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, SqliteError> + Send,
{
    fn run(&mut self, conn: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(conn));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, lost: Option<&SqliteError>, place: &str) {
        let answer = match (self.result, lost) {
            // Its own error says more than what it did to the group.
            (Some(Err(fault)), _) => Err(fault.at(place)),
            (_, Some(fault)) => Err(fault.at(place)),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(stopped(place)),
        };
        // A caller that went away does not want the answer.
        let _ = self.reply.send(answer);
    }
}

impl DbThread {
    /// Starts the thread. What it commits counts only as long as the files are those of `identity`. `at_end` runs on the
    /// connection before it is closed.
    pub(in crate::store::sqlite) fn start(
        mode: Mode,
        conn: Connection,
        place: &str,
        identity: Option<Identity>,
        at_end: impl FnOnce(&Connection) + Send + 'static,
    ) -> Result<Self, SqliteError> {
        let (mut lane, inbox) = Self::without_threads(place);
        lane.spawn(mode, conn, inbox, identity, at_end)?;
        Ok(lane)
    }

    /// Starts a thread for each of these connections, which only read.
    pub(in crate::store::sqlite) fn readers(
        conns: impl IntoIterator<Item = Connection>,
        place: &str,
    ) -> Result<Self, SqliteError> {
        let (mut lane, inbox) = Self::without_threads(place);
        for conn in conns {
            lane.spawn(Mode::Read, conn, Arc::clone(&inbox), None, |_| ())?;
        }
        Ok(lane)
    }

    fn without_threads(place: &str) -> (Self, Inbox) {
        let (requests, inbox) = mpsc::channel(QUEUE);
        let lane = Self { requests: Some(requests), threads: Vec::new(), place: place.to_owned() };
        (lane, Arc::new(Mutex::new(inbox)))
    }

    fn spawn(
        &mut self,
        mode: Mode,
        conn: Connection,
        inbox: Inbox,
        identity: Option<Identity>,
        at_end: impl FnOnce(&Connection) + Send + 'static,
    ) -> Result<(), SqliteError> {
        let name = match mode {
            Mode::Write => "store-writer",
            Mode::Read => "store-reader",
            Mode::Within => "store-layer",
        };
        let place = self.place.clone();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            serve(mode, &conn, &inbox, (&place, identity.as_ref()));
            at_end(&conn);
        })?;
        self.threads.push(thread);
        Ok(())
    }

    /// Runs `work` in a transaction of the lane and waits until it is committed.
    pub(in crate::store::sqlite) async fn ask<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request { work: Some(work), result: None, reply });
        let Some(requests) = &self.requests else { return Err(stopped(&self.place)) };
        requests.send(request).await.map_err(|_| stopped(&self.place))?;
        answer.await.unwrap_or_else(|_| Err(stopped(&self.place)))
    }
}

impl Drop for DbThread {
    fn drop(&mut self) {
        self.requests = None;
        for thread in self.threads.drain(..) {
            // A panic in the thread was reported there; nothing is left to do here.
            let _ = thread.join();
        }
    }
}

fn stopped(place: &str) -> StoreError {
    StoreError::Backend { place: place.to_owned(), reason: "its thread stopped: start the program again".to_owned() }
}

fn serve(mode: Mode, conn: &Connection, inbox: &Inbox, (place, identity): (&str, Option<&Identity>)) {
    // The lock is let go before the work begins.
    let next = || inbox.lock().blocking_recv();
    while let Some(first) = next() {
        match mode {
            Mode::Write => {
                checkpoint::if_due(conn);
                let (jobs, commit, lost) = group(conn, identity, first, &mut inbox.lock());
                let shared = jobs.len() > 1;
                for job in jobs {
                    job.answer(lost.as_ref(), place);
                }
                if shared {
                    thread::sleep(pause(commit));
                }
            }
            Mode::Read => {
                let mut job = first;
                let lost = view(conn, job.as_mut()).err();
                job.answer(lost.as_ref(), place);
            }
            Mode::Within => {
                let mut job = first;
                let lost = request(conn, job.as_mut()).err();
                job.answer(lost.as_ref(), place);
            }
        }
    }
}

/// Gives callers that were just answered the time to come back, so that they share the next commit:
/// a quarter of the commit's duration. Alone, nobody waits.
fn pause(commit: Duration) -> Duration {
    (commit / 4).clamp(Duration::from_micros(30), Duration::from_millis(2))
}

type Group = (Vec<Box<dyn Job>>, Duration, Option<SqliteError>);

/// Runs `first` and whatever else waits in one transaction. The last value says why all of it was lost.
fn group(
    conn: &Connection,
    identity: Option<&Identity>,
    first: Box<dyn Job>,
    inbox: &mut mpsc::Receiver<Box<dyn Job>>,
) -> Group {
    let mut jobs = Vec::new();
    let changed = conn.total_changes();
    let mut lost = sql::run(conn, "BEGIN IMMEDIATE", []).err();
    if lost.is_none() {
        lost = identity.and_then(|_| schema::check_known(conn).err());
    }
    let mut next = Some(first);
    while let Some(mut job) = next {
        if lost.is_none() {
            let run = if jobs.is_empty() { lead } else { request };
            lost = run(conn, job.as_mut()).err();
        }
        jobs.push(job);
        next = if jobs.len() < GROUP { inbox.try_recv().ok() } else { None };
    }
    let begun = Instant::now();
    if lost.is_none() {
        lost = identity.and_then(|identity| identity.check(conn).err());
    }
    if lost.is_none() {
        lost = sql::run(conn, "COMMIT", []).err();
    }
    if lost.is_none() {
        // What others waited for.
        tracing::trace!(rows = conn.total_changes() - changed, "released the write lock");
    }
    if !conn.is_autocommit() {
        // The commit failed and left the transaction open; if this fails too, the next BEGIN reports it.
        let _ = conn.execute_batch("ROLLBACK");
    }
    (jobs, begun.elapsed(), lost)
}

/// Runs the first request of a transaction, which needs no savepoint: if it fails, nothing but its own is undone with all that
/// there is. A savepoint keeps every page as it was before, and writes them to a file where they are many.
fn lead(conn: &Connection, job: &mut dyn Job) -> Result<(), SqliteError> {
    let is_done = job.run(conn);
    if conn.is_autocommit() {
        return Err(undone());
    }
    if !is_done {
        sql::run(conn, "ROLLBACK", [])?;
        sql::run(conn, "BEGIN IMMEDIATE", [])?;
    }
    Ok(())
}

/// Runs one request in a savepoint.
fn request(conn: &Connection, job: &mut dyn Job) -> Result<(), SqliteError> {
    apart(conn, || if job.run(conn) { Ok(()) } else { Err(undone()) }).map(drop)
}

/// Does something in a savepoint: if it fails, it alone is undone. An outer error means that the whole transaction is lost.
pub(in crate::store::sqlite) fn apart<T>(
    conn: &Connection,
    work: impl FnOnce() -> Result<T, SqliteError>,
) -> Result<Result<T, SqliteError>, SqliteError> {
    sql::run(conn, "SAVEPOINT request", [])?;
    let done = work();
    // A full disk or an I/O error makes SQLite roll back everything by itself.
    if conn.is_autocommit() {
        return Err(done.err().unwrap_or_else(undone));
    }
    if done.is_err() {
        sql::run(conn, "ROLLBACK TO request", [])?;
    }
    sql::run(conn, "RELEASE request", [])?;
    Ok(done)
}

fn undone() -> SqliteError {
    let why = "another request of the same transaction failed and undid it: try again";
    SqliteError::Io(std::io::Error::other(why))
}

fn view(conn: &Connection, job: &mut dyn Job) -> Result<(), SqliteError> {
    let view = conn.unchecked_transaction()?;
    job.run(conn);
    Ok(view.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> DbThread {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (v INTEGER UNIQUE)").unwrap();
        DbThread::start(Mode::Write, conn, "here", None, |_| ()).unwrap()
    }

    fn insert(conn: &Connection, value: i64) -> Result<(), SqliteError> {
        conn.execute("INSERT INTO t VALUES (?1)", [value])?;
        Ok(())
    }

    async fn stored(lane: &DbThread) -> Vec<i64> {
        lane.ask(|conn| {
            crate::store::sqlite::engine::sql::rows(conn, "SELECT v FROM t ORDER BY v", [], |r| Ok(r.get(0)?))
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn a_request_that_fails_is_undone_alone() {
        let lane = lane();
        // Keeps the thread busy until all the others wait, so that they share one transaction.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = lane.ask(move |_| Ok(wait.recv().is_ok()));
        let good = lane.ask(|conn| insert(conn, 1));
        let bad = lane.ask(|conn| {
            insert(conn, 2)?;
            Err::<(), _>(SqliteError::from(crate::domain::refusal::Refusal::TooLarge(2)))
        });
        let twice = lane.ask(|conn| insert(conn, 1));
        let last = lane.ask(|conn| insert(conn, 3));
        let all = async { tokio::join!(first, good, bad, twice, last, async { go.send(()).unwrap() }) };
        let (first, good, bad, twice, last, ()) = all.await;
        assert!(first.unwrap());
        good.unwrap();
        assert!(matches!(bad, Err(StoreError::Refused(_))));
        assert!(twice.is_err());
        last.unwrap();
        assert_eq!(stored(&lane).await, [1, 3]);
    }

    #[tokio::test]
    async fn a_transaction_that_is_lost_is_lost_for_all() {
        let lane = lane();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = lane.ask(move |conn| {
            let _ = wait.recv();
            insert(conn, 1)
        });
        // What SQLite does by itself when the disk is full.
        let fatal = lane.ask(|conn| Ok(conn.execute_batch("ROLLBACK")?));
        let last = lane.ask(|conn| insert(conn, 3));
        let (first, fatal, last, ()) = tokio::join!(first, fatal, last, async { go.send(()).unwrap() });
        assert!(first.is_err() && fatal.is_err() && last.is_err());
        assert_eq!(stored(&lane).await, Vec::<i64>::new());
        lane.ask(|conn| insert(conn, 4)).await.unwrap();
        assert_eq!(stored(&lane).await, [4]);
    }

    #[tokio::test]
    async fn a_long_look_holds_up_no_short_one() {
        let conns = [(); 2].map(|()| Connection::open_in_memory().unwrap());
        let lane = DbThread::readers(conns, "here").unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let long = lane.ask(move |_| Ok(wait.recv().is_ok()));
        let short = async {
            let answer = lane.ask(|conn| Ok(conn.query_row("SELECT 7", [], |row| row.get::<_, i64>(0))?)).await;
            go.send(()).unwrap();
            answer
        };
        let both = async { tokio::join!(long, short) };
        let (long, short) = tokio::time::timeout(Duration::from_secs(10), both).await.expect("the short one waits");
        assert_eq!((long.unwrap(), short.unwrap()), (true, 7));
    }

    #[tokio::test]
    async fn what_waits_is_done_before_the_thread_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE t (v INTEGER)").unwrap();
        let (done, ended) = std::sync::mpsc::channel();
        let lane = DbThread::start(Mode::Write, conn, "here", None, move |_| done.send(()).unwrap()).unwrap();
        let mut request = Box::pin(lane.ask(|conn| insert(conn, 7)));
        std::future::poll_fn(|cx| std::task::Poll::Ready(request.as_mut().poll(cx).is_ready())).await;
        drop(request);
        drop(lane);
        ended.try_recv().expect("the thread was joined");
        let count: i64 =
            Connection::open(&path).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1);
    }
}
