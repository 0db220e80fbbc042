//! `/report`: what a school year came to, as a page, as a sheet to print, and as CSV.

pub(super) mod kept;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use serde::Serialize;

use super::answer;
use super::caller::Caller;
use super::parts::ConsoleParts;
use super::query::parameter;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::app::year_report::{Span, YearReport, page, write_csv};
use crate::domain::sheet::Sheet;
use crate::messages::year_report;

/// A page of its own, without a word to anyone and with nothing but its own styles.
const PRINTED: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Serialize)]
struct ReportView<'a> {
    sheet: &'a Sheet,
    print_url: String,
    csv_url: String,
    action: String,
    asked: String,
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/report", get(show)).route("/report/print", get(print)).route("/report.csv", get(csv))
}

/// The report of the school year that the query names, or of this one.
async fn report(
    console: &Console,
    parts: &ConsoleParts,
    query: Option<&str>,
) -> Result<(Arc<YearReport>, String), AppError> {
    let asked = parameter(query, "year");
    let span = asked.parse().map_or(Span::Current, Span::Year);
    Ok((console.years().report(parts, span).await?, asked))
}

async fn show(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let (report, asked) = match report(&console, &parts, query.as_deref()).await {
        Ok(report) => report,
        Err(error) => return answer::failed(&parts, &caller, &error, "/"),
    };
    let year: String = form_urlencoded::byte_serialize(asked.as_bytes()).collect();
    let view = ReportView {
        sheet: &year_report::sheet(&report),
        print_url: caller.link(&format!("/report/print?year={year}")),
        csv_url: caller.link(&format!("/report.csv?year={year}")),
        action: caller.link("/report"),
        asked,
    };
    answer::page("report.html", &Shell::new(&parts, &caller, "Report", "/report"), &view)
}

async fn print(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    match report(&console, &parts, query.as_deref()).await {
        Ok((report, _)) => {
            let mut response = Html(page(&year_report::sheet(&report))).into_response();
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PRINTED));
            response
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/report"),
    }
}

async fn csv(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let report = match report(&console, &parts, query.as_deref()).await {
        Ok((report, _)) => report,
        Err(error) => return answer::failed(&parts, &caller, &error, "/report"),
    };
    let mut bytes = Vec::new();
    if write_csv(&mut bytes, &report, &year_report::notes(&report)).is_err() {
        return answer::missing(&parts, &caller, "The spreadsheet can't be made.");
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"report.csv\"")),
    ];
    (headers, bytes).into_response()
}
