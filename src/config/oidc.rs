//! `[web.oidc]`: the organisation's own sign-on.

use std::path::Path;

use secrecy::SecretString;

use super::files::read_path;
use super::mail::{ca_file, password_from};
use super::network;
use super::settings::Oidc;
use crate::toml_form::{Fields, Value};

/// Checks `[web.oidc]`. `secret` is the environment's.
pub(super) fn read(fields: &Fields<'_>, folder: &Path, secret: Option<SecretString>) -> Option<Oidc> {
    let issuer = fields.read("issuer", issuer);
    let client_id = fields.read("client_id", client_id);
    // When the secret comes from elsewhere, or was refused, its file need not be named.
    let is_needed = secret.is_none() && !fields.has_refused_secret();
    let file = if is_needed || fields.has("client_secret_file") { fields.get("client_secret_file") } else { None };
    let client_secret_file = file.as_ref().and_then(|value| read_path(value, folder));
    let from_file = || password_from(file.as_ref()?, client_secret_file.as_deref()?, "client secret");
    let client_secret = secret.or_else(from_file);
    let ca_file = ca_file(fields, folder);
    Some(Oidc { issuer: issuer?, client_id: client_id?, client_secret: client_secret?, client_secret_file, ca_file })
}

/// It is compared letter by letter (`OpenID` Connect Core 1.0 §3.1.3.7), so it's kept exactly as written.
fn issuer(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    network::check_url(text).map_err(|what| value.bad(text, what, value.like_this())).ok()?;
    Some(text.to_owned())
}

/// The characters that RFC 6749 appendix A.1 allows, except the space.
fn client_id(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Some(text.to_owned());
    }
    value.bad(text, "is not a client ID", "copy it from the page where the console is registered with the provider");
    None
}
