//! One text as a form holds it: read from its file, or filled in by someone, and written into the file again.

use chrono::NaiveDate;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table as Toml};

use super::body::{bare, join, split};
use super::group::Group;
use super::shape::{Part, Shape};
use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::writing::form::{FieldGroup, Filled, FormField, FormWords, Input, TextForm};
use crate::domain::writing::{HelpPart, TextKind, TextRef};
use crate::library::bulletin::CORRECTION;
use crate::library::draft::{self, MARK};
use crate::library::front_matter;
use crate::library::page;

/// What a form about a text holds.
#[derive(Debug, Clone)]
pub struct Sheet {
    shape: Shape,
    group: Group,
    parts: Vec<String>,
}

/// Two of one shape.
impl PartialEq for Sheet {
    fn eq(&self, other: &Self) -> bool {
        self.group == other.group && self.parts == other.parts
    }
}

/// The start of the field names of a body's parts.
pub(super) const PART: &str = "part.";

impl Sheet {
    /// A new text, to be filled in. An activity begins with the steps of the skeleton.
    pub fn blank(
        text: &TextRef,
        title: &str,
        band: Option<&BandName>,
        (today, review_by): (NaiveDate, NaiveDate),
    ) -> Self {
        let shape = Shape::of(text.kind());
        let mut sheet = match (text.kind(), band) {
            (TextKind::Activity, Some(band)) => {
                let skeleton = draft::skeleton(Some("x"), band, today);
                Self::read(text, &skeleton).unwrap_or_else(|| Self::empty(shape))
            }
            _ => Self::empty(shape),
        };
        sheet.group.clear(|value| value.starts_with(MARK));
        sheet.group.set_text("title", title);
        for (key, day) in [("reviewed", today), ("review_by", review_by)] {
            sheet.group.set_text(key, &day.to_string());
        }
        sheet
    }

    /// A new correction of this edition; `of` is the title of the text that was wrong in it, if it's one alone.
    #[must_use]
    pub fn correcting(mut self, edition: EditionNumber, of: Option<&str>) -> Self {
        self.group.set_text("corrects", &edition.to_string());
        let text = of.map_or_else(|| "Our email".to_owned(), |title| format!("In “{title}”, our email"));
        let wrong = format!("{text} said: {MARK} the words that were wrong]");
        let right = format!("{MARK} what is right, and what families should do now]");
        for (part, words) in self.shape.parts.iter().zip(&mut self.parts) {
            if part.heading == CORRECTION[0] {
                words.clone_from(&wrong);
            } else if part.heading == CORRECTION[1] {
                words.clone_from(&right);
            }
        }
        self
    }

    fn empty(shape: Shape) -> Self {
        Self { shape, group: Group::empty(shape.table), parts: vec![String::new(); shape.parts.len()] }
    }

    /// The text that this file holds. `None` where it isn't written in a way that a form can show: then only the file itself can be
    /// edited.
    pub fn read(text: &TextRef, file: &str) -> Option<Self> {
        let shape = Shape::of(text.kind());
        if let TextRef::Help(part) = text {
            let document: DocumentMut = file.parse().ok()?;
            let group = match place(*part) {
                None => Group::of_toml(shape.table, document.as_table())?,
                Some((_, None)) => Group::empty(shape.table),
                Some((list, Some(at))) => {
                    Group::of_toml(shape.table, document.get(list)?.as_array_of_tables()?.get(at)?)?
                }
            };
            return Some(Self { shape, group, parts: Vec::new() });
        }
        let (front, body) = Self::cut(file)?;
        let document: DocumentMut = front.parse().ok()?;
        let group = Group::of_toml(shape.table, document.as_table())?;
        Some(Self { shape, group, parts: split(body, shape.parts)? })
    }

    /// What someone filled in.
    pub fn filled(text: &TextRef, filled: &Filled) -> Self {
        let shape = Shape::of(text.kind());
        let parts = (0..shape.parts.len()).map(|at| bare(&filled.value(&format!("{PART}{at}")))).collect();
        Self { shape, group: Group::of_form(shape.table, "", filled), parts }
    }

    /// The form, with what stands in it.
    pub fn form(&self, words: &FormWords) -> TextForm {
        let mut groups = self.group.fields("", words);
        let Shape { first, rest, .. } = self.shape;
        if let Some(own) = groups.first_mut().filter(|_| !first.is_empty()) {
            let (own_first, others) = own.fields.drain(..).partition(|field| first.contains(&field.name.as_str()));
            own.fields = own_first;
            let others = FieldGroup { title: rest.to_owned(), fields: others, ..FieldGroup::default() };
            groups.insert(1, others);
        }
        let field = |(at, (part, text)): (usize, (&Part, &String))| FormField {
            name: format!("{PART}{at}"),
            label: part.label.to_owned(),
            hint: part.hint,
            is_required: !part.may_be_left_out,
            input: Input::Passage(text.clone()),
        };
        TextForm { groups, parts: self.shape.parts.iter().zip(&self.parts).enumerate().map(field).collect() }
    }

    /// The file with this text in it. What isn't the form's stays as it is in `base`, the file so far. `None` where that can't be read.
    pub fn write(&self, text: &TextRef, base: Option<&str>) -> Option<String> {
        if let TextRef::Help(part) = text {
            return self.write_help(*part, base.unwrap_or_default());
        }
        let Some(base) = base else {
            let mut document = DocumentMut::new();
            self.group.write(document.as_table_mut());
            return Some(format!("+++\n{document}+++\n{}", join(&self.parts, self.shape.parts)));
        };
        let (front, body) = Self::cut(base)?;
        let mut document: DocumentMut = front.parse().ok()?;
        let is_same_front = Group::of_toml(self.shape.table, document.as_table()).as_ref() == Some(&self.group);
        let is_same_body = split(body, self.shape.parts).as_ref() == Some(&self.parts);
        if is_same_front && is_same_body {
            return Some(base.to_owned());
        }
        let front = if is_same_front {
            front.to_owned()
        } else {
            self.group.write(document.as_table_mut());
            document.to_string()
        };
        let body = if is_same_body { body.to_owned() } else { join(&self.parts, self.shape.parts) };
        Some(format!("+++\n{front}+++\n{body}"))
    }

    fn write_help(&self, part: HelpPart, base: &str) -> Option<String> {
        let mut document: DocumentMut = base.parse().ok()?;
        let Some((list, at)) = place(part) else {
            self.group.write(document.as_table_mut());
            return Some(document.to_string());
        };
        if document.get(list).is_none() {
            document.insert(list, Item::ArrayOfTables(ArrayOfTables::new()));
        }
        let tables = document.get_mut(list)?.as_array_of_tables_mut()?;
        if at.is_none() {
            let mut table = Toml::new();
            table.decor_mut().set_prefix("\n");
            tables.push(table);
        }
        let at = at.unwrap_or(tables.len() - 1);
        if self.group.is_empty() {
            tables.get(at)?;
            tables.remove(at);
        } else {
            self.group.write(tables.get_mut(at)?);
        }
        Some(document.to_string())
    }

    /// With an example wherever something must stand and doesn't: so what there is can be looked at.
    #[must_use]
    pub fn with_examples(&self) -> Self {
        let filled = |(part, text): (&Part, &String)| {
            let is_missing = text.is_empty() && !part.may_be_left_out && !self.is_correction();
            if is_missing { "…?".to_owned() } else { text.clone() }
        };
        let parts = self.shape.parts.iter().zip(&self.parts).map(filled).collect();
        Self { shape: self.shape, group: self.group.with_examples(), parts }
    }

    /// Whether something stands in a part that others don't have.
    fn is_correction(&self) -> bool {
        self.shape.parts.iter().zip(&self.parts).any(|(part, text)| part.may_be_left_out && !text.is_empty())
    }

    /// The text's title, or who an entry is about; empty where it has none.
    pub fn title(&self) -> &str {
        ["title", "who"].iter().map(|key| self.group.text(key)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// With new dates: read again on `today`, and to be read once more by `review_by`. Someone may have said who did.
    #[must_use]
    pub fn reviewed(&self, today: NaiveDate, review_by: NaiveDate, reviewed_by: &str) -> Self {
        let mut sheet = self.clone();
        sheet.group.set_text("reviewed", &today.to_string());
        sheet.group.set_text("review_by", &review_by.to_string());
        if !reviewed_by.is_empty() {
            sheet.group.set_text("reviewed_by", reviewed_by);
        }
        sheet
    }

    /// The same without what a review changes.
    #[must_use]
    pub fn undated(&self) -> Self {
        let mut sheet = self.clone();
        for key in ["reviewed", "review_by", "reviewed_by"] {
            sheet.group.set_text(key, "");
        }
        sheet
    }

    /// The day on which it was read again, as it's written; empty where there is none.
    pub fn reviewed_on(&self) -> &str {
        self.group.text("reviewed")
    }

    /// Whether it has dates of review.
    pub fn has_review(&self) -> bool {
        self.shape.table.key("review_by").is_some()
    }

    /// Whether it names who checked it.
    pub fn names_reviewer(&self) -> bool {
        self.shape.table.key("reviewed_by").is_some()
    }

    /// What stands between the fences, and what after them.
    fn cut(file: &str) -> Option<(&str, &str)> {
        let page = page::new(String::new(), file.to_owned());
        let (front, body) = front_matter::split(&page)?;
        Some((&file[front], &file[body..]))
    }
}

/// The list in help.toml and the place in it, from 0; none for one that is to be added.
fn place(part: HelpPart) -> Option<(&'static str, Option<usize>)> {
    match part {
        HelpPart::Top => None,
        HelpPart::Entry(number) => Some(("entries", number.checked_sub(1))),
        HelpPart::Worry(number) => Some(("worry", number.checked_sub(1))),
    }
}
