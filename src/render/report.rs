//! A year's report as one page of HTML, which prints on A4 and needs no script and no network.

use handlebars::Handlebars;
use serde::Serialize;

static PAGE: &str = include_str!("report/year.html.hbs");

/// What the page shows.
#[derive(Debug, Clone, Serialize)]
pub struct ReportView {
    pub service: String,
    /// “School year 2026-27”.
    pub title: String,
    /// The days that it is about, and when it was made.
    pub days: String,
    /// A few figures that stand first.
    pub facts: Vec<Fact>,
    pub tables: Vec<Table>,
    /// What must be known of the figures.
    pub notes: Vec<String>,
}

/// A figure, and what it counts.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    pub figure: String,
    pub what: String,
}

/// A table, whose first columns are words and the rest figures.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    pub title: String,
    /// What is said above it, if anything.
    pub lead: Option<String>,
    pub headings: Vec<Cell>,
    pub rows: Vec<Row>,
    /// What stands instead of a table without rows.
    pub nothing: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The first cell names the row.
    pub name: String,
    pub cells: Vec<Cell>,
    /// The sum of those above.
    pub is_total: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    pub text: String,
    pub is_figure: bool,
    /// Words that may be long.
    pub is_long: bool,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_figure: false, is_long: false }
    }

    pub fn long(text: impl Into<String>) -> Self {
        Self { is_long: true, ..Self::text(text) }
    }

    pub fn figure(text: impl ToString) -> Self {
        Self { is_figure: true, ..Self::text(text.to_string()) }
    }
}

/// The page as HTML.
///
/// # Panics
/// Never: the template is compiled in, and a test renders it with every field.
pub fn page(view: &ReportView) -> String {
    Handlebars::new().render_template(PAGE, view).expect("the compiled-in page renders every view: a test shows it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_every_field_and_escapes_it() {
        let view = ReportView {
            service: "<i>Service</i>".into(),
            title: "School year 2026-27".into(),
            days: "from September".into(),
            facts: vec![Fact { figure: "6,007".into(), what: "mailboxes".into() }],
            tables: vec![Table {
                title: "Editions".into(),
                lead: Some("A lead.".into()),
                headings: vec![Cell::text("Theme"), Cell::figure("Accepted")],
                rows: vec![Row { name: "1 <b>".into(), cells: vec![Cell::figure(12)], is_total: true }],
                nothing: None,
            }],
            notes: vec!["A note.".into()],
        };
        let html = page(&view);
        for part in ["&lt;i&gt;Service", "School year 2026-27", "6,007", "A lead.", "1 &lt;b&gt;", ">12<", "A note."] {
            assert!(html.contains(part), "{part} is missing: {html}");
        }
        assert!(!html.contains("<script") && !html.contains("http"));
    }
}
