//! What spreadsheets and web pages do to the letters of a cell: formulas, invisible characters, wrong encodings.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// What a spreadsheet takes for the beginning of a formula (OWASP, “CSV Injection”), in both widths.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Whether a cell begins a formula, or looks like one that was defused already.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// The cell with an apostrophe in front where a spreadsheet would calculate; [`armed`] takes it back.
pub(in crate::app) fn defused(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before [`defused`].
pub(super) fn armed(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

/// Characters that nobody sees and nobody means: they come along when text is copied from a web page.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{180E}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// The cell without invisible characters and white space around it, and the first that was taken out.
pub(super) fn without_invisible(cell: &str) -> Option<(String, char)> {
    let first = cell.chars().find(|c| is_invisible(*c))?;
    let visible: String = cell.chars().filter(|c| !is_invisible(*c)).collect();
    Some((visible.trim().to_owned(), first))
}

/// What is wrong with the letters of a name, as the end of a sentence.
pub(super) fn damage(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    let restored = restored(name).map(|text| format!("“{name}” looks garbled: perhaps it is “{text}”"));
    restored
        .or_else(|| name.contains('\u{FFFD}').then(|| format!("“{name}” lacks a letter where a sign stands for it")))
}

/// `text` with UTF-8 put right that was read as Windows-1252, as spreadsheets do without a byte order mark: `Ã©` is `é`.
fn restored(text: &str) -> Option<String> {
    let bytes: Vec<(char, Option<u8>)> = text.chars().map(|c| (c, byte(c))).collect();
    let (mut out, mut rest, mut found) = (String::new(), bytes.as_slice(), false);
    while let Some(((c, _), after)) = rest.split_first() {
        if let Some((letter, length)) = sequence(rest) {
            out.push(letter);
            rest = &rest[length..];
            found = true;
        } else {
            out.push(*c);
            rest = after;
        }
    }
    found.then(|| restored(&out).unwrap_or(out))
}

/// The letter of two or more bytes that `bytes` begins with, and how many.
fn sequence(bytes: &[(char, Option<u8>)]) -> Option<(char, usize)> {
    let length = match bytes.first()?.1? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let whole: Option<Vec<u8>> = bytes.get(..length)?.iter().map(|(_, byte)| *byte).collect();
    let letter = String::from_utf8(whole?).ok()?.chars().next()?;
    // “ANDRÉ’S” is no letter of two bytes: only those of western and central Europe are taken for one.
    (length > 2 || letter <= '\u{17F}').then_some((letter, length))
}

/// The byte of a character in Windows-1252.
fn byte(c: char) -> Option<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, lossy) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    bytes.first().copied().filter(|_| !lossy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn what_was_defused_comes_back_and_calculates_nothing(cell in "['=+@\t＝a-]{0,4}.{0,3}") {
            let safe = defused(&cell);
            prop_assert_eq!(armed(&safe), cell.as_str());
            prop_assert!(!safe.starts_with(FORMULA));
        }

        #[test]
        fn what_a_spreadsheet_garbled_is_put_right(name in "([éâŷŵïÉ’–“]?[A-Za-z ]){1,10}") {
            let garbled = WINDOWS_1252.decode_without_bom_handling(name.as_bytes()).0.into_owned();
            let plain = name.is_ascii();
            prop_assert_eq!(restored(&garbled), (!plain).then(|| name.clone()));
        }
    }

    #[test]
    fn names_as_people_write_them_are_left_alone() {
        for name in [
            "Ysgol Llŷn",
            "Tŷ’r Ysgol – “Cylch”",
            "École Élémentaire",
            "Åsa Ångström",
            "São João",
            "CORUÑA – ANDRÉ’S",
            "Größe",
        ] {
            assert_eq!(damage(name), None, "{name}");
            assert_eq!(without_invisible(name), None);
        }
        assert_eq!(damage("Ysgol LlÅ·n").unwrap(), "“Ysgol LlÅ·n” looks garbled: perhaps it is “Ysgol Llŷn”");
        assert!(damage("St Mary\u{FFFD}s").is_some());
        assert_eq!(without_invisible("\u{200B} Moor\u{AD}side "), Some(("Moorside".to_owned(), '\u{200B}')));
    }
}
