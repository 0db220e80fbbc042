//! Links to the service's own pages that lead nowhere.

use std::borrow::Cow;
use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use crate::domain::edition::EditionNumber;
use crate::domain::text::excerpt;
use crate::domain::text::suggest::nearest;
use crate::library::Library;

/// What must be known of the service's own pages besides the library.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The public address, without a trailing slash.
    pub base_url: &'a str,
    pub editions: &'a BTreeSet<EditionNumber>,
}

/// What is wrong with a link to a page of our own, and what to do; `None` when the page exists or is someone else’s.
pub(super) fn dead(href: &str, site: Site<'_>, library: &Library) -> Option<(String, String)> {
    let path = own_path(href, site.base_url)?;
    let parts: Vec<String> = path.split('/').map(decoded).collect();
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["activities", theme, name] => {
            let id = format!("{theme}/{name}");
            let lives = library.activities.iter().any(|activity| activity.id.as_str() == id);
            (!lives).then(|| no_activity(&id, library))
        }
        ["activities", ..] => Some(no_activity(&parts[1..].join("/"), library)),
        ["editions", number] => {
            let lives = number.parse().is_ok_and(|number| site.editions.contains(&EditionNumber(number)));
            (!lives).then(|| no_edition(number))
        }
        ["editions", ..] => Some(no_edition(&parts[1..].join("/"))),
        ["bulletins", ..] => {
            let name = parts[1..].join("/");
            let lives = library.bulletins.iter().any(|bulletin| bulletin.name.as_str() == name);
            (!lives).then(|| no_bulletin(&name))
        }
        _ => None,
    }
}

fn no_activity(id: &str, library: &Library) -> (String, String) {
    let near = nearest(id, library.activities.iter().map(|activity| activity.id.as_str()));
    let did_you_mean = near.map_or(String::new(), |near| format!("did you mean /activities/{near}? "));
    let help = format!("{did_you_mean}the address is /activities/THEME/NAME, as its file is named without .md");
    (format!("this link leads nowhere: there is no activity “{}” in the library", excerpt(id)), help)
}

fn no_edition(number: &str) -> (String, String) {
    let message = format!("this link leads nowhere: no edition “{}” was sent", excerpt(number));
    (message, "link to an activity instead: the pages of an edition exist once it has been sent".to_owned())
}

fn no_bulletin(name: &str) -> (String, String) {
    let message = format!("this link leads nowhere: there is no bulletin “{}” in the library", excerpt(name));
    (message, "the address is /bulletins/NAME, as its file is named without .md, once it has been sent".to_owned())
}

/// The path of an address below the service's own, without query and fragment.
fn own_path<'a>(href: &'a str, base_url: &str) -> Option<&'a str> {
    let authority = base_url.find("://").map_or(0, |at| at + 3);
    let host_end = base_url[authority..].find('/').map_or(base_url.len(), |at| authority + at);
    let (host, rest) = (href.get(..host_end)?, href.get(host_end..)?);
    if !host.eq_ignore_ascii_case(&base_url[..host_end]) {
        return None;
    }
    let path = rest.strip_prefix(&base_url[host_end..])?.strip_prefix('/')?;
    path.split(['?', '#']).next()
}

/// A part of a path with its `%XX` resolved (RFC 3986 §2.1). What would not be UTF-8 stays as it is.
fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8().map_or_else(|_| part.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_our_own_pages_are_ours() {
        let own = |href| own_path(href, "https://a.example");
        assert_eq!(own("https://a.example/activities/x/y?z#t"), Some("activities/x/y"));
        assert_eq!(own("https://A.Example/editions/3"), Some("editions/3"));
        for other in
            ["https://a.example.org/activities/x/y", "https://b.example/x", "https://a.example", "mailto:x@a.example"]
        {
            assert_eq!(own(other), None, "{other}");
        }
        assert_eq!(own_path("https://a.example/sub/editions/3", "https://a.example/sub"), Some("editions/3"));
        assert_eq!(own_path("https://a.example/subway/3", "https://a.example/sub"), None);
    }

    #[test]
    fn percent_signs_are_resolved() {
        assert_eq!(decoded("14%2B"), "14+");
        assert_eq!(decoded("%2f%C3%A9"), "/é");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%+1%zz%C3"), "%+1%zz%C3");
    }

    proptest! {
        #[test]
        fn an_address_is_ours_when_a_slash_follows_our_own(
            host in "https://[a-zé.]{1,9}",
            folder in "(/[a-z]{1,3}){0,2}",
            path in "[a-z0-9%é/:@]{0,20}",
            after in "([?#]\\PC{0,9})?",
        ) {
            let base = format!("{host}{folder}");
            let ours = format!("{base}/{path}{after}");
            prop_assert_eq!(own_path(&ours, &base), Some(path.as_str()));
            let loud = format!("{}{folder}/{path}{after}", host.to_ascii_uppercase());
            prop_assert_eq!(own_path(&loud, &base), Some(path.as_str()));
            for other in [
                format!("{host}x{folder}/{path}{after}"),
                format!("{base}x/{path}{after}"),
                format!("x{ours}"),
                format!("http:{}", &ours["https:".len()..]),
                base.clone(),
            ] {
                prop_assert_eq!(own_path(&other, &base), None, "{}", other);
            }
            if !folder.is_empty() {
                let loud = format!("{host}{}/{path}", folder.to_ascii_uppercase());
                prop_assert_eq!(own_path(&loud, &base), None, "a path is not like a host (RFC 3986 §6.2.2.1)");
            }
        }

        #[test]
        fn any_text_is_judged(href in "(\\PC|%|[0-9a-f]|https://é.example|/|\\?){0,20}") {
            let path = own_path(&href, "https://é.example");
            prop_assert_eq!(path.is_some(), href.starts_with("https://é.example/"));
        }
    }
}
