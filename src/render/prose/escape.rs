//! Text into HTML and back.

use std::fmt::Write;

/// Escapes `text` for HTML, in text and in double-quoted attributes.
///
/// mrml writes attributes with Rust's `{:?}`, so every character that `escape_debug` would spell out (private use,
/// NBSP, soft hyphen, joiners, backslash) becomes a numeric reference here; it then passes through unharmed.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.escape_debug().len() > 1 => {
                write!(out, "&#{};", u32::from(c)).expect("a String takes every write");
            }
            c => out.push(c),
        }
    }
    out
}

/// Undoes [`html`], and the few named references that template authors write by hand.
pub(crate) fn undo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.find(';').and_then(|end| Some((reference(&rest[1..end])?, end)));
        if let Some((c, end)) = reference {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "middot" => '·',
        "ndash" => '–',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spells_out_what_mrml_would_break() {
        assert_eq!(html("a\u{a0}b\u{ad}c\\d'e"), "a&#160;b&#173;c&#92;d&#39;e");
        assert_eq!(html("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        assert_eq!(html("Llŷn = “Cylch” 😀"), "Llŷn = “Cylch” 😀");
    }

    proptest! {
        #[test]
        fn comes_back_whole(text in any::<String>()) {
            prop_assert_eq!(undo(&html(&text)), text.clone());
            let debug = format!("{:?}", html(&text));
            prop_assert_eq!(&debug[1..debug.len() - 1], html(&text));
        }
    }
}
