//! The body of a POST: short, and of one kind.

use axum::body::{Body, Bytes, to_bytes};

/// The most of a body that is read, in octets: our forms have a handful of ticks.
const LIMIT: usize = 16 * 1024;

/// The body; `None` when it is longer than any form of ours.
pub(super) async fn read(body: Body) -> Option<Bytes> {
    to_bytes(body, LIMIT).await.ok()
}

/// Whether a mail program asks, not a person (RFC 8058 §3.2), in either encoding of forms.
pub(super) fn is_one_click(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    text.contains("list-unsubscribe") && text.contains("one-click")
}

/// The values of one field.
pub(super) fn values(body: &[u8], field: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(body);
    pairs.filter(|(name, _)| name == field).map(|(_, value)| value.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_click_comes_in_both_encodings() {
        assert!(is_one_click(b"List-Unsubscribe=One-Click"));
        let multipart =
            b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        assert!(is_one_click(multipart));
        assert!(!is_one_click(b"") && !is_one_click(b"page=1"));
        assert_eq!(values(b"bands=4-5&bands=14%2B&x=1", "bands"), ["4-5", "14+"]);
    }
}
