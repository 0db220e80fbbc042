//! `[service]` and `[store]`: who sends, and where it is remembered.

use std::path::Path;

use super::fields::Fields;
use super::file::resolve;
use super::findings::Findings;
use super::network;
use super::raw::Raw;
use super::{Nation, Service, StoreUrl};
use crate::domain::address::Mailbox;
use crate::domain::text::check_characters;

/// Checks `[service]`.
pub(super) fn read(f: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Service> {
    let name = fields.required(f, "name").and_then(|raw| raw.line(f));
    let from = fields.required(f, "from").and_then(|raw| raw.parsed::<Mailbox>(f));
    let postal_address = fields.required(f, "postal_address").and_then(|raw| raw.line(f));
    let base_url = fields.required(f, "base_url").and_then(|raw| base_url(f, &raw));
    let reply_to = fields.get("reply_to").and_then(|raw| raw.parsed::<Mailbox>(f));
    let nation = fields.or(f, "nation", Nation::England, Raw::word);
    Some(Service { name: name?, from: from?, reply_to, postal_address: postal_address?, base_url: base_url?, nation })
}

fn base_url(f: &mut Findings<'_>, raw: &Raw<'_>) -> Option<String> {
    let text = raw.text(f)?;
    network::base_url(text).map_err(|what| raw.bad(f, text, what, raw.like_this())).ok()
}

/// Checks `[store]`.
pub(super) fn read_store(f: &mut Findings<'_>, fields: &Fields<'_>, folder: &Path) -> StoreUrl {
    let default = StoreUrl::Sqlite(resolve(folder, "var/fortnightly.db"));
    fields.or(f, "url", default, |raw, f| store_url(f, raw, folder))
}

fn store_url(f: &mut Findings<'_>, raw: &Raw<'_>, folder: &Path) -> Option<StoreUrl> {
    let text = raw.text(f)?;
    if text.starts_with("postgres:") || text.starts_with("postgresql:") {
        raw.error(f, "not-supported-yet", "names PostgreSQL, which this version cannot use yet", raw.like_this());
        return None;
    }
    let Some(path) = text.strip_prefix("sqlite:") else {
        raw.bad(f, text, "does not begin with sqlite:", raw.like_this());
        return None;
    };
    path_after(f, raw, path, folder).map(StoreUrl::Sqlite)
}

/// The path after a scheme such as `sqlite:`.
pub(super) fn path_after(f: &mut Findings<'_>, raw: &Raw<'_>, path: &str, folder: &Path) -> Option<std::path::PathBuf> {
    if path.starts_with("//") {
        raw.bad(
            f,
            path,
            "begins with two slashes",
            "write the path straight after the colon: var/… beside this file, or /… from the top",
        );
        return None;
    }
    if path.starts_with(':') || path.ends_with('/') || path == "." {
        raw.bad(f, path, "does not name a file or folder", raw.like_this());
        return None;
    }
    path_text(f, raw, path).map(|path| resolve(folder, path))
}

/// Text that may be a path.
pub(super) fn path_text<'a>(f: &mut Findings<'_>, raw: &Raw<'_>, path: &'a str) -> Option<&'a str> {
    if path.trim().is_empty() {
        raw.error(f, "bad-value", "names no file", raw.like_this());
        return None;
    }
    check_characters(path).map_err(|error| raw.bad(f, path, error, raw.like_this())).ok()?;
    Some(path)
}
