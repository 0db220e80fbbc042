//! Tables on a terminal. Where the columns do not fit beside each other, long texts stand below their row, and where that does
//! not help, each row is a block of lines. No word is broken, and nothing is cut.

use super::terminal::{isolated, longest_word, width_of, wrap};

/// What stands between two columns.
const GAP: usize = 2;

/// How far what stands below a row is indented.
const BELOW: usize = 4;

/// The least room in which a long text reads well.
const NOTE: usize = 28;

/// A column by its heading.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column<'a> {
    Text(&'a str),
    /// Numbers stand under each other by their last digit.
    Number(&'a str),
    /// A long text, or lines; the last column alone.
    Note(&'a str),
}

impl<'a> Column<'a> {
    fn heading(self) -> &'a str {
        match self {
            Self::Text(heading) | Self::Number(heading) | Self::Note(heading) => heading,
        }
    }

    fn is_note(self) -> bool {
        matches!(self, Self::Note(_))
    }
}

/// How rows are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// In columns of these widths.
    Beside(Vec<usize>),
    /// The same, and the note below its row.
    Below(Vec<usize>),
    /// A line for each cell.
    Blocks,
}

impl Layout {
    /// The layout that suits these rows; each column is at least as wide as in `before`. A few rows with very long words do
    /// not decide for all.
    pub(super) fn of(
        columns: &[Column<'_>],
        rows: &[Vec<String>],
        width: Option<usize>,
        before: Option<&Self>,
    ) -> Self {
        let all: Vec<&[String]> = rows.iter().map(Vec::as_slice).collect();
        let layout = Self::of_all(columns, &all, width, before);
        let (Self::Blocks, Some(width)) = (&layout, width) else { return layout };
        for widest in [width / 2, width / 3] {
            let usual = |row: &&[String]| texts(columns, row).all(|cell| longest_word(cell) <= widest);
            let most: Vec<&[String]> = all.iter().copied().filter(usual).collect();
            let layout = Self::of_all(columns, &most, Some(width), before);
            if most.len() * 4 >= all.len() * 3 && layout != Self::Blocks {
                return layout;
            }
        }
        layout
    }

    fn of_all(columns: &[Column<'_>], rows: &[&[String]], width: Option<usize>, before: Option<&Self>) -> Self {
        let least = |at: usize| match before {
            Some(Self::Beside(widths) | Self::Below(widths)) => widths.get(at).copied().unwrap_or_default(),
            _ => 0,
        };
        let heading = |at: usize| width_of(columns[at].heading());
        let cells = |at: usize| rows.iter().filter_map(move |row| row.get(at)).flat_map(|cell| cell.lines());
        let whole = |at: usize| cells(at).map(width_of).max().unwrap_or_default().max(heading(at)).max(least(at));
        let narrow = |at: usize| cells(at).map(longest_word).max().unwrap_or_default().max(heading(at));
        let all: Vec<usize> = (0..columns.len()).map(whole).collect();
        let Some(width) = width else { return Self::Beside(all) };
        if room(&all) <= width {
            return Self::Beside(all);
        }
        let notes = columns.iter().filter(|column| column.is_note()).count();
        let others = &all[..all.len() - notes];
        let beside = room(others) + GAP;
        if notes > 0 && width >= beside + narrow(others.len()).max(NOTE) {
            return Self::Beside([others, &[width - beside]].concat());
        }
        if notes > 0 && room(others) <= width {
            return Self::Below(others.to_vec());
        }
        let narrowest: Vec<usize> = (0..others.len()).map(narrow).collect();
        match squeezed(others, &narrowest, width) {
            None => Self::Blocks,
            Some(widths) if notes > 0 => Self::Below(widths),
            Some(widths) => Self::Beside(widths),
        }
    }

    /// The headings, with a line under them.
    pub(super) fn headings(&self, columns: &[Column<'_>]) -> Vec<String> {
        let (Self::Beside(widths) | Self::Below(widths)) = self else { return Vec::new() };
        let headings: Vec<String> = columns.iter().map(|column| column.heading().to_owned()).collect();
        vec![beside(columns, widths, &headings).join("\n"), "─".repeat(room(widths))]
    }

    /// The rows, line by line.
    pub(super) fn lines(&self, columns: &[Column<'_>], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
        let blocks: Vec<Vec<String>> = rows.iter().map(|row| self.row(columns, row, width)).collect();
        let mut lines = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            // Rows of several lines are told apart by a line between them.
            if at > 0 && block.len().max(blocks[at - 1].len()) > 2 {
                lines.push(String::new());
            }
            lines.extend(block.iter().cloned());
        }
        lines
    }

    fn row(&self, columns: &[Column<'_>], row: &[String], width: Option<usize>) -> Vec<String> {
        let width = width.unwrap_or(usize::MAX);
        match self {
            Self::Beside(widths) | Self::Below(widths) if !holds(columns, widths, row) => block(columns, row, width),
            Self::Beside(widths) => beside(columns, widths, row),
            Self::Below(widths) => {
                let mut lines = beside(columns, widths, row);
                let notes = row.get(widths.len()).into_iter().flat_map(|note| note.lines());
                lines.extend(notes.flat_map(|note| indented(note, width)));
                lines
            }
            Self::Blocks => block(columns, row, width),
        }
    }
}

/// The cells of a row that are no notes.
fn texts<'a>(columns: &[Column<'_>], row: &'a [String]) -> impl Iterator<Item = &'a String> {
    row.iter().take(columns.iter().filter(|column| !column.is_note()).count())
}

/// Whether no word of a row is wider than its column.
fn holds(columns: &[Column<'_>], widths: &[usize], row: &[String]) -> bool {
    texts(columns, row).zip(widths).all(|(cell, width)| longest_word(cell) <= *width)
}

/// A line below a row.
fn indented(note: &str, width: usize) -> Vec<String> {
    let lines = wrap(note, width.saturating_sub(BELOW), 2);
    lines.into_iter().map(|line| format!("{:BELOW$}{line}", "")).collect()
}

/// The width of a table with columns of these widths.
fn room(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// The widths that columns want, the widest made narrower until all fit, none below what it needs at least; `None` where there
/// is too little room.
fn squeezed(wanted: &[usize], narrowest: &[usize], width: usize) -> Option<Vec<usize>> {
    let mut widths = wanted.to_vec();
    while room(&widths) > width {
        let shrinkable = widths.iter_mut().zip(narrowest).filter(|(has, least)| **has > **least);
        let (widest, _) = shrinkable.max_by_key(|(has, _)| **has)?;
        *widest -= 1;
    }
    Some(widths)
}

/// The cells of a row beside each other, each in as many lines as it needs.
fn beside(columns: &[Column<'_>], widths: &[usize], row: &[String]) -> Vec<String> {
    let cell = |(cell, width): (&String, &usize)| {
        let mut lines = cell.lines().flat_map(|line| wrap(line, *width, 0));
        let first = lines.next().unwrap_or_default();
        std::iter::once(first).chain(lines).collect::<Vec<_>>()
    };
    let cells: Vec<Vec<String>> = row.iter().zip(widths).map(cell).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    let line = |at: usize| {
        let mut line = String::new();
        for ((cell, width), column) in cells.iter().zip(widths).zip(columns) {
            let text = cell.get(at).map_or("", String::as_str);
            let spaces = " ".repeat(width.saturating_sub(width_of(text)));
            let text = isolated(text);
            match column {
                Column::Number(_) => line.extend([&spaces, &*text]),
                _ => line.extend([&*text, &spaces]),
            }
            line.push_str(&" ".repeat(GAP));
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A row as lines that each begin with the heading of its cell; empty cells are left out.
fn block(columns: &[Column<'_>], row: &[String], width: usize) -> Vec<String> {
    let widest = columns.iter().map(|column| width_of(column.heading())).max().unwrap_or_default();
    let begin = widest + GAP;
    let mut lines = Vec::new();
    for (column, cell) in columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
        let texts = cell.lines().flat_map(|line| wrap(line, width.saturating_sub(begin), 0));
        for (at, text) in texts.enumerate() {
            let heading = if at == 0 { column.heading() } else { "" };
            lines.push(format!("{heading:begin$}{}", isolated(&text)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column<'_>] =
        &[Column::Number("No"), Column::Text("Name"), Column::Text("Address"), Column::Note("Last said")];

    fn rows(rows: &[[&str; 4]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    fn shown(rows: &[Vec<String>], width: usize) -> String {
        let layout = Layout::of(COLUMNS, rows, Some(width), None);
        let lines = [layout.headings(COLUMNS), layout.lines(COLUMNS, rows, Some(width))].concat();
        lines.join("\n")
    }

    #[test]
    fn what_fits_stands_in_columns() {
        let rows = rows(&[["7", "Hillside", "office@hill.example", "no"], ["12", "东方小学", "a@b.example", ""]]);
        let expected = "\
No  Name      Address              Last said
────────────────────────────────────────────
 7  Hillside  office@hill.example  no
12  东方小学  a@b.example";
        assert_eq!(shown(&rows, 60), expected);
    }

    #[test]
    fn a_long_text_stands_beside_while_it_reads_well_and_below_otherwise() {
        let said = "550 5.1.1 there is no such mailbox, and there never was one here";
        let rows = rows(&[["7", "Hillside", "office@hill.example", said]]);
        let beside = "\
No  Name      Address              Last said
────────────────────────────────────────────────────────────────
 7  Hillside  office@hill.example  550 5.1.1 there is no such
                                   mailbox, and there never was
                                   one here";
        assert_eq!(shown(&rows, 64), beside);
        let below = "\
No  Name      Address
─────────────────────────────────
 7  Hillside  office@hill.example
    550 5.1.1 there is no such mailbox, and
      there never was one here";
        assert_eq!(shown(&rows, 44), below);
    }

    #[test]
    fn names_go_over_several_lines_and_addresses_never() {
        let rows = rows(&[["7", "Hillside Church of England School", "office@hillside.example", "no"]]);
        let expected = "\
No  Name               Address
──────────────────────────────────────────────
 7  Hillside Church    office@hillside.example
    of England School
    no";
        assert_eq!(shown(&rows, 46), expected);
        let blocks = "\
No         7
Name       Hillside Church of
           England School
Address    office@hillside.example
Last said  no";
        assert_eq!(shown(&rows, 36), blocks);
    }

    #[test]
    fn one_long_address_does_not_decide_for_all() {
        let long = format!("{}@hill.example", "designated.safeguarding.lead.".repeat(2));
        let mut rows: Vec<Vec<String>> =
            (1..4).map(|n| vec![n.to_string(), "Hill".to_owned(), "a@b.example".to_owned(), String::new()]).collect();
        rows.push(vec!["4".to_owned(), "Vale".to_owned(), long.clone(), "no".to_owned()]);
        let expected = format!(
            "No  Name  Address      Last said\n────────────────────────────────\n 1  Hill  a@b.example\n 2  Hill  a@b.example\n 3  Hill  a@b.example\n\n\
             No         4\nName       Vale\nAddress    {long}\nLast said  no"
        );
        assert_eq!(shown(&rows, 48), expected);
    }
}
