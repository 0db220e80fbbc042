//! The operator's page of a preview: the edition, why each activity was picked, every segment with its count.

use handlebars::Handlebars;
use serde::Serialize;

static PAGE: &str = include_str!("index.html.hbs");

/// What the page shows.
#[derive(Debug, Clone, Serialize)]
pub struct IndexView {
    pub service: String,
    pub edition: u32,
    /// The send date, in words.
    pub date: String,
    /// The send time.
    pub time: String,
    pub state: String,
    pub theme: String,
    pub theme_reason: String,
    /// Why the date is not the fortnight's first day.
    pub shifted: Option<String>,
    /// What is worth knowing first.
    pub notes: Vec<String>,
    pub picks: Vec<IndexPick>,
    pub segments: Vec<IndexSegment>,
    pub segments_count: usize,
    pub recipients: u64,
}

/// One pick.
#[derive(Debug, Clone, Serialize)]
pub struct IndexPick {
    pub band: String,
    pub id: String,
    pub title: String,
    pub reason: String,
}

/// One segment; its files lie beside the page.
#[derive(Debug, Clone, Serialize)]
pub struct IndexSegment {
    /// Its id, which names its files.
    pub id: String,
    pub sector: String,
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
    /// The text version, where it is shown beside the HTML.
    pub text: Option<String>,
}

/// Whether `text` is such a page: it begins with what is the same in each.
pub fn is_index(text: &[u8]) -> bool {
    PAGE.split("{{").next().is_some_and(|begin| text.starts_with(begin.as_bytes()))
}

/// The page as HTML. It needs no script and no network.
///
/// # Panics
/// Never: the template is compiled in, and a test renders it with every field.
pub fn page(view: &IndexView) -> String {
    Handlebars::new().render_template(PAGE, view).expect("the compiled-in page renders every view: a test shows it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_edition_and_escapes_names() {
        let view = IndexView {
            service: "S".into(),
            edition: 7,
            date: "Monday 30 November 2026".into(),
            time: "08:00".into(),
            state: "planned".into(),
            theme: "Kindness".into(),
            theme_reason: "never used".into(),
            shifted: Some("moved".into()),
            notes: vec!["a note".into()],
            picks: vec![IndexPick {
                band: "14+".into(),
                id: "kindness/x".into(),
                title: "X".into(),
                reason: "never used".into(),
            }],
            segments: vec![IndexSegment {
                id: "school.14plus.en-GB".into(),
                sector: "school".into(),
                bands: "14+".into(),
                recipients: 2,
                subject: "Kindness".into(),
                kilobytes: 40,
                names: vec!["<b>Bad</b> School".into()],
                names_file: Some("school.14plus.en-GB.names.csv".into()),
                text: Some("KINDNESS & more".into()),
            }],
            segments_count: 1,
            recipients: 2,
        };
        let html = page(&view);
        for part in [
            "Edition 7",
            "Monday 30 November 2026",
            "never used",
            "school.14plus.en-GB.html",
            "&lt;b&gt;Bad",
            "a note",
            "KINDNESS &amp; more",
            "href=\"school.14plus.en-GB.names.csv\"",
        ] {
            assert!(html.contains(part), "{part} is missing");
        }
        assert!(!html.contains("<script"));
        assert!(is_index(html.as_bytes()) && !is_index(b"<!DOCTYPE html>"));
    }
}
