//! Feeds (RSS 2.0, RFC 4287, JSON Feed 1.1) and the calendar (RFC 5545) for schools' sites, readers and diaries.

use std::collections::BTreeMap;

use atom_syndication as atom;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use icalendar::{Calendar, Component as _, Event, EventLike as _};
use rss::extension::{Extension, ExtensionMap};
use serde_json::json;

use super::cache::{Kept, Label};
use super::editions::no_such_band;
use super::headers::Guard;
use super::page::{Page, unchanged};
use super::pages::{Pages, PublicSite};
use super::request::wanted_bands;
use crate::app::AppError;
use crate::app::feeds::{Date, Feed, Item};
use crate::app::public_pages::{Shown, bands_query};
use crate::domain::band::BandSet;

/// How long, in seconds, others may keep a feed.
const AGE: u32 = 900;

/// The metadata terms of Dublin Core: prefix and namespace.
const TERMS: (&str, &str) = ("dcterms", "http://purl.org/dc/terms/");

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rss,
    Atom,
    Json,
    Calendar,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Rss => "/feed.rss",
            Self::Atom => "/feed.atom",
            Self::Json => "/feed.json",
            Self::Calendar => "/calendar.ics",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
            Self::Calendar => "text/calendar; charset=utf-8",
        }
    }
}

pub(super) async fn rss(pages: State<Pages>, query: RawQuery, headers: HeaderMap) -> Response {
    serve(Kind::Rss, pages, query, headers).await
}

pub(super) async fn atom(pages: State<Pages>, query: RawQuery, headers: HeaderMap) -> Response {
    serve(Kind::Atom, pages, query, headers).await
}

pub(super) async fn json(pages: State<Pages>, query: RawQuery, headers: HeaderMap) -> Response {
    serve(Kind::Json, pages, query, headers).await
}

pub(super) async fn calendar(pages: State<Pages>, query: RawQuery, headers: HeaderMap) -> Response {
    serve(Kind::Calendar, pages, query, headers).await
}

async fn serve(kind: Kind, State(pages): State<Pages>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let site = pages.site();
    let Ok(wanted) = wanted_bands(query.as_deref(), site.bands()) else {
        return no_such_band(site.bands()).into_response();
    };
    let query = bands_query(wanted.as_ref(), site.bands());
    let key = format!("{}{query}", kind.path());
    match pages.kept(&site, &key, make(kind, &site, wanted.as_ref(), &query)).await {
        Ok(Kept::Page(made)) => {
            let label = Label { media_type: kind.media_type(), age: AGE, guard: Guard::Page, is_open: true };
            made.answer(&headers, label)
        }
        Ok(_) => Page::said(StatusCode::NOT_FOUND, "There is no such feed", &[]).into_response(),
        Err(error) => unchanged(&error).into_response(),
    }
}

async fn make(kind: Kind, site: &PublicSite, wanted: Option<&BandSet>, query: &str) -> Result<Shown, AppError> {
    let own = format!("{}{}{query}", site.config.service.base_url, kind.path());
    let feed = site.feeds.feed(kind.path().trim_start_matches('/'), wanted, query);
    let text = match kind {
        Kind::Rss => rss_text(&feed.await?, &own),
        Kind::Atom => atom_text(&feed.await?, &own),
        Kind::Json => json_text(&feed.await?, &own),
        Kind::Calendar => calendar_text(&site.config.service.name, &site.feeds.dates(query).await?),
    };
    Ok(Shown::Page(text))
}

fn rss_text(feed: &Feed, own: &str) -> String {
    let itself = rss::extension::atom::Link {
        href: own.to_owned(),
        rel: "self".to_owned(),
        mime_type: Some("application/rss+xml".to_owned()),
        ..Default::default()
    };
    let items = feed.items.iter().map(|item| rss::Item {
        title: Some(item.title.clone()),
        link: Some(item.url.clone()),
        guid: Some(rss::Guid { value: item.id.clone(), permalink: false }),
        description: Some(item.summary.clone()),
        content: Some(item.content.clone()),
        pub_date: Some(item.published_at.to_rfc2822()),
        extensions: modified(item),
        ..Default::default()
    });
    let channel = rss::Channel {
        title: feed.title.clone(),
        link: feed.home.clone(),
        description: feed.description.clone(),
        language: Some("en-gb".to_owned()),
        last_build_date: Some(feed.updated.to_rfc2822()),
        atom_ext: Some(rss::extension::atom::AtomExtension { links: vec![itself] }),
        items: items.collect(),
        namespaces: BTreeMap::from([(TERMS.0.to_owned(), TERMS.1.to_owned())]),
        ..Default::default()
    };
    channel.to_string()
}

/// When an item changed last, for which RSS itself has no element: `dcterms:modified`.
fn modified(item: &Item) -> ExtensionMap {
    const NAME: &str = "modified";
    let value = Some(item.updated.to_rfc3339());
    let element = Extension { name: format!("{}:{NAME}", TERMS.0), value, ..Default::default() };
    BTreeMap::from([(TERMS.0.to_owned(), BTreeMap::from([(NAME.to_owned(), vec![element])]))])
}

fn atom_text(feed: &Feed, own: &str) -> String {
    let link = |href: &str, rel: &str| atom::Link { href: href.to_owned(), rel: rel.to_owned(), ..Default::default() };
    let entries = feed.items.iter().map(|item| atom::Entry {
        id: item.id.clone(),
        title: item.title.clone().into(),
        links: vec![link(&item.url, "alternate")],
        published: Some(item.published_at.fixed_offset()),
        updated: item.updated.fixed_offset(),
        summary: Some(item.summary.clone().into()),
        content: Some(atom::Content {
            value: Some(item.content.clone()),
            content_type: Some("html".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    });
    let whole = atom::Feed {
        id: feed.id.clone(),
        title: feed.title.clone().into(),
        subtitle: Some(feed.description.clone().into()),
        authors: vec![atom::Person { name: feed.author.clone(), ..Default::default() }],
        links: vec![link(own, "self"), link(&feed.home, "alternate")],
        updated: feed.updated.fixed_offset(),
        lang: Some("en-GB".to_owned()),
        entries: entries.collect(),
        ..Default::default()
    };
    whole.to_string()
}

fn json_text(feed: &Feed, own: &str) -> String {
    let items: Vec<_> = feed
        .items
        .iter()
        .map(|item| {
            json!({
                "id": item.id, "url": item.url, "title": item.title, "summary": item.summary,
                "content_html": item.content, "date_published": item.published_at.to_rfc3339(),
                "date_modified": item.updated.to_rfc3339(),
            })
        })
        .collect();
    let whole = json!({
        "version": "https://jsonfeed.org/version/1.1", "title": feed.title, "description": feed.description,
        "home_page_url": feed.home, "feed_url": own, "language": "en-GB", "authors": [{ "name": feed.author }],
        "items": items,
    });
    format!("{whole:#}\n")
}

/// Each fortnight takes a quarter of an hour, like its activities, and blocks nobody's diary.
fn calendar_text(name: &str, dates: &[Date]) -> String {
    let mut calendar = Calendar::empty();
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Fortnightly//Fortnights ahead//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("X-WR-CALNAME", name),
        ("REFRESH-INTERVAL;VALUE=DURATION", "P1D"),
    ] {
        calendar.append_property((key, value));
    }
    for date in dates {
        let mut event = Event::with_uid(&date.uid);
        // Outside a request the stamp is the last revision (RFC 5545 §3.8.7.2), never now: the same dates, the same bytes.
        let (sequence, revised_at) = date.revision;
        event.timestamp(revised_at).last_modified(revised_at).sequence(sequence);
        event.starts(date.at).ends(date.at + TimeDelta::minutes(15));
        event.summary(&date.title).url(&date.url).description(&format!("15 minutes, together: {}", date.url));
        event.add_property("TRANSP", "TRANSPARENT");
        calendar.push(event.done());
    }
    calendar.to_string()
}
