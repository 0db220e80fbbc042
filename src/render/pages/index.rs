//! The operator's page of a preview: an edition and why each activity was picked, or a bulletin; every segment with its count.

use serde::Serialize;

use crate::domain::sheet::Comparison;
use crate::render::console;

/// The page lies with the console's, whose look it shares.
static PAGE: &str = include_str!("../console/preview.html.hbs");

/// What the page shows.
#[derive(Debug, Clone, Serialize)]
pub struct IndexView {
    pub service: String,
    /// `Edition 7`, or the same of a bulletin.
    pub which: String,
    /// The theme's, or the bulletin's.
    pub title: String,
    /// When it goes out, and how it stands.
    pub lead: String,
    /// What is worth knowing first.
    pub notes: Vec<String>,
    /// What is in it, where it is an edition: one, or none.
    pub edition: Vec<IndexEdition>,
    /// The same, where it is a bulletin.
    pub bulletin: Vec<IndexBulletin>,
    /// Segments by sector, the largest group first.
    pub groups: Vec<IndexGroup>,
    pub groups_count: usize,
    /// The id of the segment that is shown until another is chosen; empty where there is no segment.
    pub first: Vec<String>,
    pub segments_count: usize,
    pub recipients: u64,
    /// The style sheet: the page works from disk, with nothing beside it but the mails.
    pub style: &'static str,
}

/// What is in an edition.
#[derive(Debug, Clone, Serialize)]
pub struct IndexEdition {
    pub theme_reason: String,
    /// Why the date is not the fortnight's first day.
    pub shifted: Option<String>,
    pub picks: Vec<IndexPick>,
    pub notices: Vec<IndexNotice>,
    /// What differs from the edition before; empty where there is none.
    pub difference: Vec<Comparison>,
}

/// What a bulletin says beside its mails.
#[derive(Debug, Clone, Serialize)]
pub struct IndexBulletin {
    /// Its summary, for pages and feeds.
    pub summary: String,
    pub whom: String,
}

/// One pick.
#[derive(Debug, Clone, Serialize)]
pub struct IndexPick {
    pub band: String,
    pub id: String,
    pub title: String,
    pub reason: String,
}

/// One notice.
#[derive(Debug, Clone, Serialize)]
pub struct IndexNotice {
    pub title: String,
    /// From when until when it is shown.
    pub shown: String,
}

/// The segments of one sector.
#[derive(Debug, Clone, Serialize)]
pub struct IndexGroup {
    pub sector: String,
    pub recipients: u64,
    /// How many segments it has.
    pub mails: usize,
    pub segments: Vec<IndexSegment>,
    /// The text version of the one that has the most bands.
    pub text: String,
}

/// One segment; its files lie beside the page.
#[derive(Debug, Clone, Serialize)]
pub struct IndexSegment {
    /// Its id, which names its files.
    pub id: String,
    /// Its bands, in words.
    pub bands: String,
    pub recipients: u64,
    pub subject: String,
    /// Size of the HTML, in kB of 1,000 bytes.
    pub kilobytes: usize,
    /// The subscribers in it, by name; the first of them where there is a file with all.
    pub names: Vec<String>,
    /// The file beside the page that names all.
    pub names_file: Option<String>,
}

/// Whether `text` is such a page: it begins with what is the same in each, also in those of earlier versions.
pub fn is_index(text: &[u8]) -> bool {
    PAGE.split("{{").next().is_some_and(|begin| text.starts_with(begin.as_bytes()))
}

/// The page as HTML. It needs no script and no network.
///
/// # Panics
/// Never: the template is compiled in, and a test renders it with every field.
pub fn page(view: &IndexView) -> String {
    console::page("preview.html", view).expect("the compiled-in page renders every view: a test shows it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sheet::{Compared, Marked};

    #[test]
    fn shows_the_edition_and_escapes_names() {
        let segment = IndexSegment {
            id: "school.14plus.en-GB".into(),
            bands: "Ages 14 and over".into(),
            recipients: 2,
            subject: "Kindness".into(),
            kilobytes: 40,
            names: vec!["<b>Bad</b> School".into()],
            names_file: Some("school.14plus.en-GB.names.csv".into()),
        };
        let row = Compared {
            what: "Schools".into(),
            before: "3".into(),
            now: "5".into(),
            changed: true,
            by: Some("+2".into()),
        };
        let theme =
            Compared { what: "Theme".into(), before: "Old".into(), now: "New one".into(), changed: true, by: None };
        let edition = IndexEdition {
            theme_reason: "never used".into(),
            shifted: Some("moved".into()),
            picks: vec![IndexPick {
                band: "14+".into(),
                id: "kindness/x".into(),
                title: "X".into(),
                reason: "only one".into(),
            }],
            notices: vec![IndexNotice { title: "A notice".into(), shown: "until May".into() }],
            difference: vec![Comparison {
                compared: "With edition 6".into(),
                rows: vec![row, theme],
                notices: vec![Marked { kind: "gone", mark: "Gone", title: "Old notice".into() }],
            }],
        };
        let view = IndexView {
            service: "S".into(),
            which: "Edition 7".into(),
            title: "Kindness".into(),
            lead: "Monday 30 November 2026 at 08:00 · planned".into(),
            notes: vec!["a note".into()],
            edition: vec![edition.clone()],
            bulletin: Vec::new(),
            groups: vec![IndexGroup {
                sector: "Schools".into(),
                recipients: 1002,
                mails: 1,
                segments: vec![segment],
                text: "KINDNESS & more".into(),
            }],
            groups_count: 1,
            first: vec!["school.14plus.en-GB".into()],
            segments_count: 1,
            recipients: 1002,
            style: console::STYLE,
        };
        let html = page(&view);
        for part in [
            "Edition 7",
            "Monday 30 November 2026",
            "never used",
            "src=\"school.14plus.en-GB.html\"",
            "&lt;b&gt;Bad",
            "a note",
            "KINDNESS &amp; more",
            "href=\"school.14plus.en-GB.names.csv\"",
            "<td>3</td><td>5 <ins>(+2)</ins></td>",
            "<del>Old</del>",
            "<ins>New one</ins>",
            "Old notice",
            "A notice",
            "1,002",
        ] {
            assert!(html.contains(part), "{part} is missing: {html}");
        }
        assert!(!html.contains("<script") && !html.contains('\u{fffd}'));
        let first = IndexEdition { difference: Vec::new(), notices: Vec::new(), ..edition };
        let first = IndexView { edition: vec![first], groups: Vec::new(), first: Vec::new(), ..view.clone() };
        assert!(page(&first).contains("No edition was published before it."));
        let bulletin = IndexBulletin { summary: "Be <careful>".into(), whom: "For everyone.".into() };
        let which = "Bulletin a-warning".to_owned();
        let bulletin = page(&IndexView { which, edition: Vec::new(), bulletin: vec![bulletin], ..view });
        for part in ["Bulletin a-warning", "Be &lt;careful&gt;", "For everyone.", "1,002"] {
            assert!(bulletin.contains(part), "{part} is missing: {bulletin}");
        }
        assert!(is_index(bulletin.as_bytes()) && !bulletin.contains("edition"), "{bulletin}");
        assert!(is_index(html.as_bytes()) && !is_index(b"<!DOCTYPE html>"));
    }
}
