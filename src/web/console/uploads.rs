//! Files that were looked at and wait for a yes: what is imported is what was shown, and nobody has to send it twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::caller::Caller;
use crate::app::csv_import::CsvImport;

/// How long one waits.
const KEPT: Duration = Duration::from_mins(30);

/// How much they may come to, in octets of the files; the oldest go first.
const MOST: usize = 40 * 1024 * 1024;

/// The files, oldest first; at most one of each session.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<Vec<Upload>>);

#[derive(Debug)]
struct Upload {
    session: String,
    since: Instant,
    octets: usize,
    file: Arc<CsvImport>,
}

impl Uploads {
    /// Keeps a file of so many octets in the place of what this session had.
    pub(super) fn keep(&self, caller: &Caller, file: Arc<CsvImport>, octets: usize) {
        let (session, since) = (caller.session_key(), Instant::now());
        let mut kept = self.0.lock();
        kept.retain(|one| one.session != session && one.since.elapsed() < KEPT);
        kept.push(Upload { session, since, octets, file });
        while kept.len() > 1 && kept.iter().map(|one| one.octets).sum::<usize>() > MOST {
            kept.remove(0);
        }
    }

    /// The file that this session was shown, if it is the one with this digest.
    pub(super) fn kept(&self, caller: &Caller, digest: &str) -> Option<Arc<CsvImport>> {
        let session = caller.session_key();
        let mut kept = self.0.lock();
        kept.retain(|one| one.since.elapsed() < KEPT);
        kept.iter().find(|one| one.session == session && one.file.digest() == digest).map(|one| Arc::clone(&one.file))
    }

    /// Forgets what this session was shown.
    pub(super) fn forget(&self, caller: &Caller) {
        let session = caller.session_key();
        self.0.lock().retain(|one| one.session != session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::csv_import::{Format, read};
    use crate::domain::band::Bands;
    use crate::domain::user::Role;
    use crate::web::console::caller::Person;

    fn caller(session: &str) -> Caller {
        let person = Person { user: None, name: String::new(), role: Role::Admin };
        Caller::new(person, String::new(), session.to_owned())
    }

    fn file(text: &str) -> Arc<CsvImport> {
        let text = format!("name,sector,email,bands,ages,locale,urn\n{text}\n");
        Arc::new(read(text.as_bytes(), "x", Format::Csv, &Bands::shipped()))
    }

    #[test]
    fn one_is_kept_for_whoever_sent_it() {
        let uploads = Uploads::default();
        let (ours, theirs) = (caller("a"), caller("b"));
        let (first, second) = (file("Hill,school,a@x.example,4-5,,,"), file("Vale,school,b@x.example,4-5,,,"));
        uploads.keep(&ours, Arc::clone(&first), 10);
        assert!(uploads.kept(&theirs, &first.digest()).is_none(), "someone else's");
        uploads.keep(&ours, Arc::clone(&second), 10);
        assert!(uploads.kept(&ours, &first.digest()).is_none(), "another took its place");
        assert!(uploads.kept(&ours, &second.digest()).is_some());
        uploads.forget(&theirs);
        assert!(uploads.kept(&ours, &second.digest()).is_some());
        uploads.forget(&ours);
        assert!(uploads.kept(&ours, &second.digest()).is_none(), "it was imported");
        uploads.keep(&ours, Arc::clone(&first), MOST);
        uploads.keep(&theirs, second, 1);
        assert!(uploads.kept(&ours, &first.digest()).is_none(), "there is no room for all");
    }
}
