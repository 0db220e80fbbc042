//! Text into HTML.

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
        fn nothing_is_left_for_mrml_to_spell_out(text in any::<String>()) {
            let debug = format!("{:?}", html(&text));
            prop_assert_eq!(&debug[1..debug.len() - 1], html(&text));
        }
    }
}
