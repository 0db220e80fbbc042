//! One file of the library, read whole.

use std::io::Read;
use std::path::Path;

use crate::domain::diagnostic::Diagnostic;
use crate::ordinary_file;
use crate::toml_form::{Dialect, SourceFile};

/// The largest file that is read, in bytes.
pub(crate) const SIZE_LIMIT: u64 = 256 * 1024;

/// A file's text, without a byte order mark, and what was found in it so far.
pub(crate) type Page = SourceFile;

static DIALECT: Dialect =
    Dialect { syntax_code: "toml-syntax", range_code: "out-of-range", quotes_keys: true, limit: 100 };

/// A page of text that is already at hand.
pub(crate) fn new(file: String, text: String) -> Page {
    SourceFile::new(file, text, &DIALECT)
}

/// Reads a file. A file that cannot be read or is no UTF-8 text is one diagnostic.
pub(crate) fn read(path: &Path) -> Result<Page, Box<Diagnostic>> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    let read = ordinary_file::open(path).and_then(|opened| opened.take(SIZE_LIMIT + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(Box::new(unreadable(&file, &error)));
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length > SIZE_LIMIT) {
        let message = format!("the file is larger than {} KiB", SIZE_LIMIT / 1024);
        let help = "an activity is a page or two of text: look for something that was pasted in by mistake";
        return Err(Box::new(Diagnostic::error("file-too-large", message).in_file(file).help(help)));
    }
    from_bytes(file, bytes)
}

pub(super) fn from_bytes(file: String, bytes: Vec<u8>) -> Result<Page, Box<Diagnostic>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(new(file, without_mark(text))),
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

/// A diagnostic about a file or folder that the system does not let us read.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    let help = if ordinary_file::is_in_the_way(error) {
        "move it away, and put the file there"
    } else {
        "check that it still exists and that this user may read it"
    };
    Diagnostic::error("unreadable-file", format!("cannot be read: {}", ordinary_file::reason(error)))
        .in_file(file)
        .help(help)
}

/// Some editors begin a file with U+FEFF; it is no part of the text.
fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
