//! What recipients see: the pages and feeds of what was published, and the way out.

mod cache;
mod confirm;
mod editions;
mod feeds;
mod headers;
mod page;
mod pages;
mod pictures;
mod preferences;
mod request;
mod unsubscribe;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::map_response_with_state;
use axum::routing::get;

use super::serve::Site;

pub use pages::PublicSite;

/// The recipients' site. It asks `current` for its parts at every request: files are read again while it runs.
pub fn site(current: impl Fn() -> PublicSite + Send + Sync + 'static) -> Site {
    let pages = pages::Pages::new(current);
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        // Browsers ask by themselves since pages may show pictures; without an icon they are to be content.
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .route("/u/{token}", get(unsubscribe::show).post(unsubscribe::unsubscribe))
        .route("/preferences/{token}", get(preferences::show).post(preferences::wish))
        .route("/confirm/{token}", get(confirm::show).post(confirm::confirm))
        .route("/", get(editions::front))
        .route("/editions/{number}", get(editions::edition))
        .route("/activities/{theme}/{name}", get(editions::activity))
        .route("/activities/{theme}/{name}/{file}", get(editions::sheet))
        .route("/pictures/{name}", get(pictures::picture))
        .route("/bulletins/{name}", get(editions::bulletin))
        .route("/embed", get(editions::embed))
        .route("/feed.rss", get(feeds::rss))
        .route("/feed.atom", get(feeds::atom))
        .route("/feed.json", get(feeds::json))
        .route("/calendar.ics", get(feeds::calendar))
        .fallback(editions::nowhere)
        .method_not_allowed_fallback(editions::only_to_read)
        .layer(map_response_with_state(pages.clone(), page::dress))
        .with_state(pages);
    Site(router)
}
