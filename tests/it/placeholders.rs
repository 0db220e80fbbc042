//! The shipped example's names, left in place when mail really leaves.

use serde_json::Value;

use crate::support::fixture::Fixture;
use crate::support::library_fixture;

const KEYS: [&str; 6] = ["from", "reply_to", "postal_address", "base_url", "bounce_address", "transport"];

fn placeholders(fixture: &Fixture, code: i32) -> Vec<Value> {
    let found = fixture.at("2026-09-01T12:00:00Z", &["check", "--json"]).exits(code).json();
    found.as_array().unwrap().iter().filter(|finding| finding["code"] == "placeholder").cloned().collect()
}

/// What was shipped, with this relay.
fn shipped_with(transport: &str) -> Fixture {
    let fixture = library_fixture::shipped_config();
    fixture.edit("config.toml", "transport = \"maildir:var/mail\"", &format!("transport = \"{transport}\""));
    fixture
}

#[test]
fn what_is_left_of_the_example_is_an_error_before_a_real_relay() {
    let fixture = shipped_with("smtps://relay.example.org");
    let found = placeholders(&fixture, 1);
    let message = |finding: &Value| finding["message"].as_str().unwrap().to_owned();
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    for key in KEYS {
        let of_key: Vec<_> = found.iter().filter(|one| message(one).contains(&format!(".{key} "))).collect();
        assert_eq!(of_key.len(), 1, "{key}: {found:#?}");
        let line = usize::try_from(of_key[0]["line"].as_u64().unwrap()).unwrap();
        assert!(config.lines().nth(line - 1).unwrap().starts_with(key), "{key} at line {line}");
    }
    let subscribers = found.iter().find(|one| message(one).contains("subscribers have")).unwrap();
    assert!(message(subscribers).contains("Hillside Primary School") && !message(subscribers).contains('@'));
    assert!(found.len() == KEYS.len() + 1 && found.iter().all(|one| one["level"] == "error"), "{found:#?}");
}

#[test]
fn a_relay_on_this_machine_may_be_for_trials() {
    let found = placeholders(&shipped_with("smtp://localhost:25"), 0);
    assert!(found.len() == KEYS.len() && found.iter().all(|one| one["level"] == "warning"), "{found:#?}");
}

#[test]
fn who_has_put_their_own_in_place_hears_nothing() {
    let fixture = shipped_with("smtps://relay.county.uk");
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    let config = config.replace("1 High Street, Anytown AB1 2CD", "The Old School, Church Lane, Llŷn LL53 8AB");
    fixture.write("config.toml", &config.replace("example.org", "county.uk").replace(".example\"", ".county.uk\""));
    assert_eq!(placeholders(&fixture, 0), Vec::<Value>::new());
    // One that was imported counts as well.
    fixture.write("list.csv", "name,email,bands\nInvented School,office@invented.example,4-5\n");
    fixture.run(&["subscribers", "import", "list.csv"]).exits(0);
    let found = placeholders(&fixture, 1);
    assert!(found.len() == 1 && found[0]["message"].as_str().unwrap().contains("Invented School"), "{found:#?}");
}
