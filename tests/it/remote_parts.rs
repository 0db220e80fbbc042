//! Nothing that a reader opens may fetch a picture, a font or a style from elsewhere: `check` refuses such templates.

use crate::support::fixture::Fixture;

const MONDAY: &str = "2026-11-23T12:00:00Z";

#[test]
fn a_template_that_fetches_something_does_not_pass_check() {
    let picture = "<img alt=\"Logo\" src=\"https://pictures.example/logo.png\" width=\"200\">";
    let drawn = "p { background: url('https://pictures.example/x.png') }";
    let font = "@font-face { font-family: X; src: url(//fonts.example/x.woff2) }";
    for (file, before, more) in [
        ("partials/card.mjml.hbs", "<h3 style", picture),
        (
            "digest.mjml.hbs",
            "<mj-section css-class=\"hero\"",
            "<mj-section><mj-column><mj-image alt=\"Logo\" src=\"https://pictures.example/logo.png\" /></mj-column></mj-section>",
        ),
        (
            "digest.mjml.hbs",
            "background-color=\"{{look.light.hero}}\"",
            "background-url=\"https://pictures.example/x.png\" ",
        ),
        ("partials/style.mjml.hbs", "h1, h2, h3, h4, p, li {", drawn),
        ("web/partials/head.html.hbs", "* { box-sizing", drawn),
        ("web/partials/head.html.hbs", "* { box-sizing", font),
        ("web/partials/head.html.hbs", "<style>", "<link rel=\"stylesheet\" href=\"https://styles.example/x.css\">"),
        ("web/partials/head.html.hbs", "<style>", "<link rel=\"icon\" href=\"/favicon.ico\">"),
        ("web/front.html.hbs", "<section class=\"hero\">", picture),
        ("web/feed.html.hbs", "{{#each cards}}", picture),
    ] {
        let fixture = Fixture::shipped();
        fixture.edit(&format!("templates/{file}"), before, &format!("{more}{before}"));
        let ran = fixture.at(MONDAY, &["check", "--json"]).exits(1);
        let findings = ran.json();
        let found = findings.as_array().unwrap().iter().find(|one| one["level"] == "error").unwrap().clone();
        let said = found["message"].as_str().unwrap();
        assert!(said.contains("elsewhere"), "{file} with {more}: {found}");
        let folder = if file.starts_with("web/") { "templates/web/" } else { "templates/" };
        assert!(found["file"].as_str().unwrap().contains(folder), "{file}: {found}");
        assert!(!found["help"].as_str().unwrap_or_default().is_empty(), "{found}");
    }
}
