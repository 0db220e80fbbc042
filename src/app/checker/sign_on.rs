//! Whether everyone who signs in with the organisation's account still can.

use super::coming::config_warning;
use crate::app::AppError;
use crate::config::Config;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::lists::count;
use crate::store::Store;

/// A warning (`other-sign-on`) when users are bound to another issuer than the configured one: they can't get in any more.
pub(super) async fn left_behind(config: &Config, store: &dyn Store) -> Result<Option<Diagnostic>, AppError> {
    let issuer = config.web.oidc.as_ref().map(|oidc| oidc.issuer.as_str());
    let users = store.users().await?;
    let bound = users.iter().filter_map(|user| user.proofs.sign_on.as_ref());
    let left = bound.filter(|sign_on| issuer != Some(sign_on.issuer.as_str())).count();
    if left == 0 {
        return Ok(None);
    }
    let who = count(u64::try_from(left).unwrap_or(u64::MAX), "user has", "users have");
    let message = match issuer {
        Some(_) => {
            format!("{who} an account of another issuer than web.oidc.issuer, so they can't get into the console")
        }
        None => format!(
            "{who} only the organisation's account to sign in with, so they can't get into the console without [web.oidc]"
        ),
    };
    let help = "change the issuer back, or give each of them a new link: fortnightly users reset ADDRESS";
    Ok(Some(config_warning(config, "other-sign-on", message).help(help)))
}
