//! One file of the library, read whole, and the findings about it.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::domain::diagnostic::{Diagnostic, Level};

/// The largest file that is read, in bytes.
pub(crate) const SIZE_LIMIT: u64 = 256 * 1024;

/// The most findings of one file: nobody reads more at once, and finding the line of each takes time.
const FINDINGS_LIMIT: usize = 100;
const LAST: usize = FINDINGS_LIMIT - 1;

/// A file's text, and what was found in it so far.
#[derive(Debug)]
pub(crate) struct Page {
    file: String,
    text: String,
    found: RefCell<Vec<Diagnostic>>,
}

impl Page {
    /// Reads a file. A file that cannot be read or is no UTF-8 text is one finding.
    pub(crate) fn read(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let file = path.display().to_string();
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|opened| opened.take(SIZE_LIMIT + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return Err(Box::new(unreadable(&file, &error)));
        }
        if u64::try_from(bytes.len()).is_ok_and(|length| length > SIZE_LIMIT) {
            let message = format!("the file is larger than {} KiB", SIZE_LIMIT / 1024);
            let help = "an activity is a page or two of text: look for something that was pasted in by mistake";
            return Err(Box::new(Diagnostic::error("file-too-large", message).in_file(file).help(help)));
        }
        Self::from_bytes(file, bytes)
    }

    fn from_bytes(file: String, bytes: Vec<u8>) -> Result<Self, Box<Diagnostic>> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(file, without_mark(text))),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let good = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
                Err(Box::new(
                    Diagnostic::error("not-utf-8", "the file is not UTF-8 text from here on")
                        .in_file(file)
                        .at(&good, good.len())
                        .help("save it again with the encoding “UTF-8” (in Notepad: Save as, Encoding)"),
                ))
            }
        }
    }

    /// A page of text that is already at hand.
    pub(crate) fn new(file: String, text: String) -> Self {
        Self { file, text, found: RefCell::default() }
    }

    /// The file, as a finding names it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The text, without a byte order mark.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Notes an error at byte `offset`.
    pub(crate) fn error(&self, offset: usize, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.note(Diagnostic::error(code, message), offset, help);
    }

    /// Notes a warning at byte `offset`.
    pub(crate) fn warning(
        &self,
        offset: usize,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(Diagnostic::warning(code, message), offset, help);
    }

    fn note(&self, finding: Diagnostic, offset: usize, help: impl Into<String>) {
        let mut found = self.found.borrow_mut();
        match found.len() {
            FINDINGS_LIMIT.. => {}
            LAST => {
                let more = Diagnostic::error("too-many-findings", "there is more to mend below");
                found.push(more.in_file(&self.file).at(&self.text, offset).help("mend what is named above first"));
            }
            _ => found.push(finding.in_file(&self.file).at(&self.text, offset).help(help)),
        }
    }

    /// Makes a warning of every finding so far.
    pub(crate) fn soften(&self) {
        self.found.borrow_mut().iter_mut().for_each(|finding| finding.level = Level::Warning);
    }

    /// How many findings there are so far.
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// Takes the findings out, in the order of the text.
    pub(crate) fn take_findings(&self) -> Vec<Diagnostic> {
        let mut found = self.found.take();
        found.sort_by_key(|finding| (finding.line, finding.column));
        found
    }
}

/// A finding about a file or folder that the system does not let us read.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("unreadable-file", format!("cannot be read: {error}"))
        .in_file(file)
        .help("check that it still exists and that this user may read it")
}

/// Some editors begin a file with U+FEFF; it is no part of the text.
fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
