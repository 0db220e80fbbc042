//! The templates that the program brings along, and the fingerprints of every version that was shipped before.

use std::path::Path;

use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};

use crate::domain::shipped::{Version, Versions};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static VERSIONS: &str = include_str!("shipped/versions.txt");

/// The bytes of a fingerprint that are kept: enough to tell files apart that nobody made to be alike.
const PRINT_BYTES: usize = 16;

/// Every shipped file: its path below `templates/`, and its text.
///
/// # Panics
/// Never: a test reads the files that are compiled in.
pub fn files() -> Vec<(&'static str, &'static str)> {
    let mut files = Vec::new();
    gather(&TEMPLATES, &mut files);
    files.sort_unstable();
    files
}

fn gather(folder: &'static Dir<'_>, files: &mut Vec<(&'static str, &'static str)>) {
    let text = |path: &'static Path| path.to_str().expect("a test reads every name");
    files
        .extend(folder.files().map(|file| (text(file.path()), file.contents_utf8().expect("a test reads every file"))));
    folder.dirs().for_each(|inner| gather(inner, files));
}

/// The fingerprint of a file. An editor that ends lines in another way has changed nothing.
pub fn fingerprint(text: &[u8]) -> String {
    let mut hasher = Sha256::new();
    let mut lines = text.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        hasher.update(if is_last { line } else { line.strip_suffix(b"\r").unwrap_or(line) });
        if !is_last {
            hasher.update(b"\n");
        }
    }
    data_encoding::HEXLOWER.encode(&hasher.finalize()[..PRINT_BYTES])
}

/// Every version of the templates, the one that is compiled in last.
///
/// # Panics
/// Never: a test reads the list that is compiled in.
pub fn versions() -> Versions {
    Versions::new(read(VERSIONS)).expect("the list is compiled in, and a test reads it")
}

/// Lines `version NAME`, each followed by a line for every file that is new in it, changed, or gone (`-`).
fn read(list: &str) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    for (first, rest) in list.lines().filter_map(|line| line.split_once(' ')) {
        match versions.last_mut() {
            _ if first == "version" => versions.push(Version { name: rest.to_owned(), changes: [].into() }),
            Some(version) => drop(version.changes.insert(rest.to_owned(), (first != "-").then(|| first.to_owned()))),
            None => {}
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::shipped::Prints;

    /// The list as it should be: a version of today has what differs from the one before.
    fn with_todays(list: &str, today: &str, now: &Prints) -> String {
        let kept = list.find(&format!("version {today}\n")).map_or(list, |at| &list[..at]);
        let before = Versions::new(read(kept)).map(|versions| versions.newest()).unwrap_or_default();
        let changed = now.iter().filter(|(file, print)| before.get(*file) != Some(*print));
        let gone = before.keys().filter(|file| !now.contains_key(*file));
        let mut lines: Vec<String> = changed.map(|(file, print)| format!("{print} {file}\n")).collect();
        lines.extend(gone.map(|file| format!("- {file}\n")));
        if lines.is_empty() { kept.to_owned() } else { format!("{kept}version {today}\n{}", lines.concat()) }
    }

    /// A template that was changed and isn't in the list would be taken for the organisation's own work by the next version.
    #[test]
    fn the_list_of_versions_ends_with_what_is_shipped() {
        let now: Prints =
            files().iter().map(|(file, text)| ((*file).to_owned(), fingerprint(text.as_bytes()))).collect();
        assert!(now.len() > 20 && now.contains_key("web/partials/head.html.hbs"), "{now:?}");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render/shipped/versions.txt");
            let list = std::fs::read_to_string(&path).unwrap();
            let today = chrono::Utc::now().date_naive().to_string();
            std::fs::write(&path, with_todays(&list, &today, &now)).unwrap();
            return;
        }
        let how = "UPDATE_EXPECTED=1 cargo test --lib the_list_of_versions";
        assert_eq!(versions().newest(), now, "a template has changed; to add the version to the list, run: {how}");
    }

    #[test]
    fn a_days_versions_become_one() {
        let prints = |files: &[(&str, &str)]| files.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let one = with_todays("", "2026-01-01", &prints(&[("a", "1"), ("b", "1")]));
        assert_eq!(one, "version 2026-01-01\n1 a\n1 b\n");
        let two = with_todays(&one, "2026-01-02", &prints(&[("a", "2")]));
        assert_eq!(two, format!("{one}version 2026-01-02\n2 a\n- b\n"));
        assert_eq!(
            with_todays(&two, "2026-01-02", &prints(&[("a", "3"), ("b", "1")])),
            format!("{one}version 2026-01-02\n3 a\n")
        );
        assert_eq!(with_todays(&one, "2026-01-03", &prints(&[("a", "1"), ("b", "1")])), one);
    }

    #[test]
    fn only_the_ends_of_lines_may_differ() {
        assert_eq!(fingerprint(b"a\r\nb\r\n"), fingerprint(b"a\nb\n"));
        for other in [&b"a\nb"[..], b"a\rb\n", b"a\n\nb\n", b"a\nb\n\n", b"a\nb\r"] {
            assert_ne!(fingerprint(other), fingerprint(b"a\nb\n"), "{other:?}");
        }
    }
}
