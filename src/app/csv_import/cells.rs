//! Rows and cells of a CSV text, and where each stands: RFC 4180, as the csv crate splits it.

use std::borrow::Cow;

use csv::StringRecord;

use super::letters::without_invisible;

/// Follows the text character by character and knows where a cell ends.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    quoted: bool,
    inside: bool,
    closed_just_now: bool,
}

impl Cutter {
    /// Whether the next character is the first of a cell.
    pub(super) fn is_fresh(&self) -> bool {
        !self.inside
    }

    /// Whether we are between quotation marks.
    pub(super) fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Takes the next character; says whether it ends a cell. A doubled quotation mark stands for itself.
    pub(super) fn ends_cell(&mut self, c: char) -> bool {
        let may_open = !self.inside || self.closed_just_now;
        self.closed_just_now = false;
        match c {
            '"' if self.quoted => {
                self.quoted = false;
                self.closed_just_now = true;
            }
            '"' if may_open => self.quoted = true,
            ',' | '\n' | '\r' if !self.quoted => {
                *self = Self::default();
                return true;
            }
            _ => {}
        }
        self.inside = true;
        false
    }
}

/// One row.
pub(super) struct Row<'a> {
    /// Its cells, without white space around them.
    pub(super) cells: StringRecord,
    /// The line it begins on, from 1.
    pub(super) line: usize,
    /// An invisible character that was taken out of its cells.
    pub(super) invisible: Option<char>,
    /// The text from its first character on.
    text: &'a str,
}

impl Row<'_> {
    /// Line and column, from 1, where a cell begins; the end of the row for a cell that it does not have.
    pub(super) fn place(&self, cell: usize) -> (usize, usize) {
        let before = &self.text[..start(self.text, cell)];
        let column = before.rsplit(['\n', '\r']).next().map_or(0, |text| text.chars().count()) + 1;
        (self.line + line_ends(before), column)
    }

    /// The line it ends on.
    pub(super) fn last_line(&self) -> usize {
        self.place(self.cells.len()).0
    }
}

fn start(text: &str, cell: usize) -> usize {
    let (mut cutter, mut left) = (Cutter::default(), cell);
    for (at, c) in text.char_indices() {
        if left == 0 {
            return at;
        }
        if cutter.ends_cell(c) {
            if c != ',' {
                return at;
            }
            left -= 1;
        }
    }
    text.len()
}

/// The lines of a file with their numbers, from 1, each with its end.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self
            .rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(self.rest.len(), |at| if self.rest[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 });
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.number += 1;
        Some((self.number, line))
    }
}

/// Line ends of any system: `\r\n` counts once.
fn line_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|at| bytes[*at] == b'\n' || lone(*at)).count()
}

/// The rows of a text that have anything in them. Spreadsheets leave rows of empty cells behind; those are skipped.
pub(super) struct Rows<'a> {
    text: &'a str,
    records: csv::StringRecordsIntoIter<&'a [u8]>,
    counted: usize,
    line: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut reader = csv::ReaderBuilder::new();
        reader.flexible(true).has_headers(false).trim(csv::Trim::All);
        Self { text, records: reader.from_reader(text.as_bytes()).into_records(), counted: 0, line: 1 }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        // Reading UTF-8 from memory, with rows of any length, cannot fail.
        let cells = self.records.by_ref().map_while(Result::ok).find(|row| row.iter().any(|cell| !cell.is_empty()))?;
        let from = cells.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        // The reader's position lies before the empty lines that it skipped.
        let begin = from + self.text[from..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += line_ends(&self.text[self.counted..begin]);
        self.counted = begin;
        let (cells, invisible) = visible(cells);
        Some(Row { cells, line: self.line, invisible, text: &self.text[begin..] })
    }
}

/// The cells without invisible characters, and one of those.
fn visible(cells: StringRecord) -> (StringRecord, Option<char>) {
    let mut first = None;
    if cells.as_slice().is_ascii() {
        return (cells, first);
    }
    let clean = cells.iter().map(|cell| match without_invisible(cell) {
        None => Cow::Borrowed(cell),
        Some((clean, found)) => {
            first.get_or_insert(found);
            Cow::Owned(clean)
        }
    });
    let clean: StringRecord = clean.collect::<Vec<_>>().into();
    (clean, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_knows_its_line_under_any_line_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["name,email", "", "\"a", "b\",c", ",,", "d,\"e \"\"f\"\"\",g"].join(end);
            let places: Vec<_> = Rows::of(&text).map(|row| (row.line, row.place(1), row.place(2))).collect();
            assert_eq!(places, [(1, (1, 6), (1, 11)), (3, (4, 4), (4, 5)), (6, (6, 3), (6, 13))], "{end:?}");
        }
    }
}
