//! Which addresses the library may point to.

use crate::domain::address::Address;

/// The longest address of a link, in characters.
const LIMIT: usize = 500;

/// What is wrong with an address, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// Checks the address of a link in text: https, mailto or tel.
pub(super) fn check_any(href: &str) -> Result<(), Refused> {
    if let Some(address) = href.strip_prefix("mailto:") {
        return check_mailto(href, address);
    }
    if let Some(number) = href.strip_prefix("tel:") {
        return check_tel(href, number);
    }
    if scheme(href).is_none_or(|scheme| scheme == "https" || scheme == "http") {
        return check_https(href);
    }
    refuse(href, "may not be linked to", "a link begins with https://, mailto: or tel:")
}

/// Checks an https address: ASCII, at most 500 characters, a host with a dot, no user name.
pub(super) fn check_https(href: &str) -> Result<(), Refused> {
    check_form(href)?;
    if href.starts_with("http://") {
        return refuse(href, "is not protected", "write https:// and check that the page opens");
    }
    let Some(rest) = href.strip_prefix("https://") else {
        return refuse(href, "is not a full address", "begin it with https://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') || !host.contains('.') || host.starts_with('.') || host.ends_with('.') || host.contains("..")
    {
        return refuse(href, "does not name a website", "copy it from the browser: https://www.example.org/page");
    }
    Ok(())
}

/// Whether `number` may be shown as a telephone number: digits, spaces and `+ - ( )`, three digits or more.
pub(super) fn is_phone(number: &str) -> bool {
    number.bytes().filter(u8::is_ascii_digit).count() >= 3
        && number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'+' | b'-' | b'(' | b')'))
}

fn check_mailto(href: &str, address: &str) -> Result<(), Refused> {
    check_form(href)?;
    let address = address.split('?').next().unwrap_or_default();
    match address.parse::<Address>() {
        Ok(_) => Ok(()),
        Err(_) => refuse(href, "is not an email address", "write it as mailto:name@example.org"),
    }
}

fn check_tel(href: &str, number: &str) -> Result<(), Refused> {
    check_form(href)?;
    if is_phone(number) {
        return Ok(());
    }
    refuse(href, "is not a telephone number", "write digits only, such as tel:08008005000")
}

/// What holds for every address: ASCII, no white space or marks that end an attribute, not too long.
fn check_form(href: &str) -> Result<(), Refused> {
    if !href.is_ascii() {
        let help = "copy the address from the browser, which writes other letters as %C3%A9 or xn--";
        return refuse(href, "holds a letter outside plain ASCII", help);
    }
    if href.len() > LIMIT {
        return refuse(href, "is longer than 500 characters", "link to a shorter address of the same page");
    }
    if href.bytes().any(|b| b.is_ascii_control() || matches!(b, b' ' | b'\\' | b'"' | b'<' | b'>' | b'`')) {
        return refuse(href, "holds a character that may not stand in an address", "copy the address from the browser");
    }
    Ok(())
}

fn refuse(href: &str, what: &str, help: &'static str) -> Result<(), Refused> {
    Err(Refused { message: format!("the address {} {what}", super::words::shown(href)), help })
}

/// The part before a colon, if it has the form of a scheme (RFC 3986 §3.1).
fn scheme(href: &str) -> Option<&str> {
    let (scheme, _) = href.split_once(':')?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(fits)).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_kinds_of_address_are_linked() {
        for good in [
            "https://www.ceop.police.uk/safety-centre",
            "https://a.example/?x=1#y",
            "mailto:help@nspcc.org.uk",
            "tel:08008005000",
            "tel:+44-808-800-5000",
        ] {
            assert_eq!(check_any(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "http://a.example",
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,x",
            "//a.example",
            "/page",
            "#top",
            "www.example.org",
            "https://",
            "https://localhost/",
            "https://user@a.example/",
            "https://a.example/\u{e9}",
            "https://a.example/a b",
            "https://a.example/\\x",
            "https://a.example/\"x",
            "https://a..example/",
            "mailto:nobody",
            "tel:ring-us",
            "tel:",
        ] {
            assert!(check_any(bad).is_err(), "{bad}");
        }
        assert!(check_any(&format!("https://a.example/{}", "x".repeat(500))).is_err());
    }
}
