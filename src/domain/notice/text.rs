//! What a notice says, part by part, before it is laid out as text and HTML.

/// The words of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText {
    /// One line.
    pub subject: String,
    /// The heading.
    pub title: String,
    pub parts: Vec<Part>,
    /// The words of the button that leads to the console, and its address; none where it has no address that others can open.
    pub button: Option<(String, String)>,
    /// What comes after the button.
    pub closing: Vec<String>,
}

/// One part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Heading(String),
    Paragraph(String),
    /// Lines with a point before each.
    List(Vec<String>),
    Table(Vec<Row>),
}

/// A row of a table: what it is about, what there is of it, and more about that in small print (empty where there is no more).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub value: String,
    pub more: String,
}
