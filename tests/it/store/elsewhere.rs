//! A store that another process has open and writes to: this test program, started once more.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::desk::Desk as _;
use super::open;
use super::samples::{at, crowd};

/// Names the store to the other process.
const STORE: &str = "STORE_OF_ANOTHER_PROCESS";
/// How the other process ends its answers.
const DONE: &str = "that is done";

/// The other process; killed when the test ends.
pub(super) struct Elsewhere {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Elsewhere {
    /// Opens the store at `path` there.
    pub(super) fn open(path: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::elsewhere::the_other_process", "--ignored", "--nocapture"])
            .env(STORE, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut elsewhere = Self { process, orders, answers };
        elsewhere.await_answer();
        elsewhere
    }

    /// Subscribes so many there, and waits until that is done.
    pub(super) fn subscribe(&mut self, count: usize) {
        writeln!(self.orders, "{count}").unwrap();
        self.await_answer();
    }

    fn await_answer(&mut self) {
        let mut line = String::new();
        while !line.contains(DONE) {
            line.clear();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the other process ended");
        }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "other tests start it"]
async fn the_other_process() {
    let Some(path) = std::env::var_os(STORE).map(PathBuf::from) else { return };
    let store = open(&path);
    println!("{DONE}");
    for line in std::io::stdin().lines() {
        store.subscribe(&crowd(line.unwrap().parse().unwrap()), at(0)).await.unwrap();
        println!("{DONE}");
    }
}
