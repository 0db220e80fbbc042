//! Quoted-printable text (RFC 2045 §6.7) that can be cut into runs: each run starts in column 0.

/// The longest line before its soft break. The limit is 76 with the `=`; 73 leaves room for a first
/// character that had to be written as three (RFC 2045 §6.7, rule 5).
const WIDTH: usize = 73;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` to `out`, which must end at the start of a line, and returns the column it ends in.
///
/// Line breaks (`\n` or `\r\n`) become CRLF. White space before a line break and at the end is escaped; so is
/// what a relay or a mailbox file could mistake for its own: a leading dot (RFC 5321 §4.5.2) and a leading `From `.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) -> usize {
    let bytes = text.as_bytes();
    let mut column = 0;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some(length) = line_break(rest) {
            out.extend_from_slice(b"\r\n");
            column = 0;
            at += length;
            continue;
        }
        let plain = rest.iter().take(WIDTH - column).take_while(|byte| is_plain(**byte)).count();
        if plain > 0 && (column > 0 || !matches!(rest[0], b'.' | b'F')) {
            out.extend_from_slice(&rest[..plain]);
            column += plain;
            at += plain;
            continue;
        }
        if column + width(rest, column) > WIDTH {
            soft_break(out);
            column = 0;
        }
        let width = width(rest, column);
        push(rest[0], width == 3, out);
        column += width;
        at += 1;
    }
    column
}

/// Ends a run that did not end at the start of a line, so that the next run can begin in column 0.
pub(super) fn finish_run(column: usize, out: &mut Vec<u8>) {
    if column > 0 {
        soft_break(out);
    }
}

/// Appends a slot's value as a run of its own. Most values are short and plain, and copied as they are.
pub(super) fn encode_slot(value: &str, out: &mut Vec<u8>) {
    let plain = |b: &u8| is_plain(*b) || *b == b' ';
    let risky = value.starts_with(['.', 'F']) || value.ends_with(' ') || value.is_empty();
    if value.len() <= WIDTH && !risky && value.as_bytes().iter().all(plain) {
        out.extend_from_slice(value.as_bytes());
        soft_break(out);
    } else {
        let column = encode(value, out);
        finish_run(column, out);
    }
}

fn soft_break(out: &mut Vec<u8>) {
    out.extend_from_slice(b"=\r\n");
}

fn line_break(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// What stands for itself anywhere but at the start of a line.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'!'..=b'<' | b'>'..=b'~')
}

/// How many columns the first byte of `rest` takes: 1 as it is, 3 escaped.
fn width(rest: &[u8], column: usize) -> usize {
    let escape = match rest[0] {
        b' ' | b'\t' => rest.len() == 1 || line_break(&rest[1..]).is_some(),
        b'.' => column == 0,
        b'F' => column == 0 && rest.starts_with(b"From "),
        byte => !is_plain(byte),
    };
    if escape { 3 } else { 1 }
}

fn push(byte: u8, escape: bool, out: &mut Vec<u8>) {
    if escape {
        out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    } else {
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_what_others_would_take_for_their_own() {
        assert_eq!(encoded(".\n..a\nFrom here\nFrog. From "), "=2E\r\n=2E.a\r\n=46rom here\r\nFrog. From=20");
        assert_eq!(encoded("1 = 1 \r\nTŷ’r\t"), "1 =3D 1=20\r\nT=C5=B7=E2=80=99r=09");
        assert_eq!(encoded("a\rb"), "a=0Db");
    }

    #[test]
    fn lines_stay_within_76_columns_and_never_start_with_a_dot() {
        for filler in 0..80 {
            let text = format!("{}.é.From .{}", "x".repeat(filler), ".".repeat(100));
            for line in encoded(&text).split("\r\n") {
                assert!(line.len() <= 76, "{} columns", line.len());
                assert!(!line.starts_with('.') && !line.starts_with("From "), "{line}");
            }
        }
    }

    #[test]
    fn a_line_is_full_before_it_breaks() {
        let x = "x".repeat(73);
        assert_eq!(encoded(&format!("{x}{x}.F")), format!("{x}=\r\n{x}=\r\n=2EF"));
        assert_eq!(encoded(&format!("{x}From =")), format!("{x}=\r\n=46rom =3D"));
        assert_eq!(encoded(&format!("{}é", &x[2..])), format!("{}=\r\n=C3=A9", &x[2..]));
        assert_eq!(encoded(&format!("{}é", &x[3..])), format!("{}=C3=\r\n=A9", &x[3..]));
    }

    #[test]
    fn a_slot_ends_at_the_start_of_a_line() {
        for (value, wanted) in [
            ("Dear all,", "Dear all,=\r\n"),
            ("", ""),
            (".", "=2E=\r\n"),
            ("From ", "=46rom=20=\r\n"),
            ("a=b", "a=3Db=\r\n"),
            ("a \n", "a=20\r\n"),
        ] {
            let mut out = Vec::new();
            encode_slot(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), wanted, "{value:?}");
        }
    }
}
