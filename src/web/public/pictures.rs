//! The pictures of published editions, each at an address that never shows anything else.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;

use super::cache::is_known;
use super::editions::{lost, unreadable};
use super::headers::{self, Guard};
use super::pages::Pages;
use crate::domain::picture::{Picture, PictureName};

/// A day. The name changes with the picture, so it could be kept for ever; but when it is withdrawn, whoever keeps it must hear
/// of that.
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

pub(super) async fn picture(
    State(pages): State<Pages>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(name) = name.ok().and_then(|Path(name)| name.parse::<PictureName>().ok()) else {
        return lost().into_response();
    };
    match pages.site().pages.picture(&name).await {
        Ok(Some(picture)) => answer(&picture, &headers),
        Ok(None) => lost().into_response(),
        Err(error) => unreadable(&error, Guard::Page).into_response(),
    }
}

fn answer(picture: &Picture, asked: &HeaderMap) -> Response<Body> {
    let name = &picture.info.name;
    let etag = format!("\"{name}\"");
    let known = is_known(asked, &etag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(picture.bytes.to_vec()) });
    *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let all = response.headers_mut();
    all.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
    all.insert(header::CACHE_CONTROL, A_DAY);
    if !known {
        all.insert(header::CONTENT_TYPE, HeaderValue::from_static(name.media_type()));
    }
    headers::protect(all, Guard::Sheet);
    response
}
