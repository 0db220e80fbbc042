//! Whether an organisation's own templates show what its configuration says about it.

use super::Templates;
use crate::domain::diagnostic::Diagnostic;
use crate::render::issue::Face;

impl Templates {
    /// A warning (`not-shown`) for each key of the face that is set, and that mails or pages don't show, because their templates
    /// come from a version that didn't know it.
    pub fn lacking(&self, face: &Face<'_>) -> Vec<Diagnostic> {
        let keys = [
            ("logo", face.logo.is_some(), "{{#each logo}}", "{{#each shell.logo}}"),
            ("footer", !face.footer.is_empty(), "{{service.footer}}", "{{shell.footer}}"),
            ("privacy_url", !face.privacy_url.is_empty(), "{{service.privacy_url}}", "{{shell.privacy_url}}"),
        ];
        let set = keys.into_iter().filter(|(_, is_set, ..)| *is_set);
        set.filter_map(|(key, _, in_mails, on_pages)| self.lacks(key, in_mails, on_pages)).collect()
    }

    /// The last two are how a template shows it.
    fn lacks(&self, key: &str, in_mails: &str, on_pages: &str) -> Option<Diagnostic> {
        let who = match (self.sources.contains(in_mails), self.sources.contains(on_pages)) {
            (true, true) => return None,
            (false, true) => "the mails don't show it: their templates",
            (true, false) => "the public pages don't show it: their templates",
            (false, false) => "neither mails nor pages show it: their templates",
        };
        let message = format!("service.{key} is set, but {who} in templates/ come from before there was such a key");
        let help = "`fortnightly templates diff` shows what is new in the shipped ones, and `fortnightly templates update` takes over \
                    what you didn't change";
        Some(Diagnostic::warning("not-shown", message).help(help))
    }
}
