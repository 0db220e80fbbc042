//! What a request asks for: the parameters of its query, and the fields of its form.

use axum::body::{Body, Bytes, to_bytes};

use crate::domain::band::{BandName, BandSet, Bands};

/// The most of a body that is read, in octets: our forms have a handful of ticks.
const LIMIT: usize = 16 * 1024;

/// One of the names is no band of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnknownBand;

/// The value of a parameter in a query.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// The bands that a query names, as in `?bands=8-10,11-14`; `None` when it names none, which means all of them.
///
/// `14+` arrives as `14 ` where a form's rules were applied to its sign; it is understood either way.
pub(super) fn wanted_bands(query: Option<&str>, bands: &Bands) -> Result<Option<BandSet>, UnknownBand> {
    let Some(list) = parameter(query, "bands").filter(|list| !list.is_empty()) else { return Ok(None) };
    let mut wanted = BandSet::new();
    for word in list.split(',') {
        let name: BandName = word.replace(' ', "+").parse().map_err(|_| UnknownBand)?;
        wanted.insert(bands.get(&name).ok_or(UnknownBand)?.id.clone());
    }
    Ok(Some(wanted))
}

/// A form's body; `None` when it is longer than any form of ours.
pub(super) async fn body(body: Body) -> Option<Bytes> {
    to_bytes(body, LIMIT).await.ok()
}

/// Whether a mail program asks, not a person (RFC 8058 §3.2), in either encoding of forms, escaped or not.
pub(super) fn is_one_click(body: &[u8]) -> bool {
    let is = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("list-unsubscribe") && text.contains("one-click")
    };
    is(&String::from_utf8_lossy(body))
        || form_urlencoded::parse(body).any(|(name, value)| is(&format!("{name}={value}")))
}

/// The values of one field.
pub(super) fn values(body: &[u8], field: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(body);
    pairs.filter(|(name, _)| name == field).map(|(_, value)| value.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::public_pages::bands_query;

    #[test]
    fn one_click_comes_in_both_encodings() {
        for body in
            ["List-Unsubscribe=One-Click", "list%2dunsubscribe=one%2Dclick", "a=b&%4Cist%2DUnsubscribe=One-Click"]
        {
            assert!(is_one_click(body.as_bytes()), "{body}");
        }
        let multipart =
            b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        assert!(is_one_click(multipart));
        assert!(!is_one_click(b"") && !is_one_click(b"page=1"));
    }

    #[test]
    fn names_are_understood_and_written() {
        let bands = Bands::shipped();
        for (asked, link) in [
            ("", ""),
            ("bands=", ""),
            ("bands=4-5", "?bands=4-5"),
            ("bands=14%2B,11-14", "?bands=11-14,14%2B"),
            ("bands=14+,11-14,11-14", "?bands=11-14,14%2B"),
        ] {
            let wanted = wanted_bands(Some(asked), &bands).unwrap();
            assert_eq!(bands_query(wanted.as_ref(), &bands), link, "{asked:?}");
        }
        for wrong in ["x", "4-5,", ",", "14", "4-5;5-7", "<b>", "4-6"] {
            assert_eq!(wanted_bands(Some(&format!("bands={wrong}")), &bands), Err(UnknownBand), "{wrong}");
        }
    }
}
