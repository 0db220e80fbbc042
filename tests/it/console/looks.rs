//! Pages to which no link of the trial leads, in a real Chromium: accessible at every width, light, dark and with forced colours,
//! and without a word to anyone else.

use serde_json::{Value, json};

use crate::support::console::Browser;

/// Pages that everyone with this role sees.
pub(super) fn looks(browser: &Browser, paths: &[&str]) -> Value {
    let mut tasks = Vec::new();
    for path in paths {
        for (width, dark, forced) in
            [(390, false, false), (390, true, false), (1280, false, false), (1280, true, false), (1280, false, true)]
        {
            tasks.push(json!({
                "do": "look", "url": format!("http://127.0.0.1:{}{path}", browser.port()), "width": width, "dark": dark,
                "forced": forced, "cookie": browser.cookie()
            }));
        }
    }
    Value::Array(tasks)
}
