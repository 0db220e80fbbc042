//! A year's report as one page of HTML, which prints on A4 and needs no script and no network.

use crate::domain::sheet::Sheet;
use handlebars::Handlebars;

static PAGE: &str = include_str!("report/year.html.hbs");

/// The page as HTML.
///
/// # Panics
/// Never: the template is compiled in, and a test renders it with every field.
pub fn page(view: &Sheet) -> String {
    Handlebars::new().render_template(PAGE, view).expect("the compiled-in page renders every view: a test shows it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sheet::{Cell, Fact, Row, Table};

    #[test]
    fn shows_every_field_and_escapes_it() {
        let view = Sheet {
            service: "<i>Service</i>".into(),
            title: "School year 2026-27".into(),
            days: "from September".into(),
            facts: vec![Fact { figure: "6,007".into(), what: "mailboxes".into() }],
            tables: vec![Table {
                title: "Editions".into(),
                lead: Some("A lead.".into()),
                headings: vec![Cell::text("Theme"), Cell::figure("Accepted")],
                rows: vec![Row { name: "1 <b>".into(), cells: vec![Cell::figure("12")], is_total: true }],
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
