//! Accepted mails over time, as a chart and as its table.

use chrono::TimeDelta;
use serde::Serialize;

use crate::app::AppContext;
use crate::domain::delivery::Timeline;
use crate::domain::text::dates::local_moment;
use crate::domain::text::lists::{count, grouped};

/// The width and height of the part with the bars, in the chart's own units.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 200.0;

#[derive(Debug, Serialize)]
pub(super) struct ChartView {
    /// What it shows, in a sentence, for those who don't see it.
    summary: String,
    /// What a bar stands for: `in each minute`.
    step: &'static str,
    bars: Vec<Bar>,
    rows: Vec<Row>,
    from: String,
    until: String,
    /// The most in one step, beside the upper line.
    peak: u64,
}

#[derive(Debug, Serialize)]
struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
}

#[derive(Debug, Serialize)]
struct Row {
    at: String,
    accepted: u64,
}

impl ChartView {
    pub(super) fn new(context: &AppContext, timeline: &Timeline) -> Self {
        let when = |at| local_moment(&context.local(at));
        let (from, until) = (timeline.steps.first(), timeline.steps.last());
        let (from, until) = (from.map(|(at, _)| when(*at)), until.map(|(at, _)| when(*at)));
        let (from, until) = (from.unwrap_or_default(), until.unwrap_or_default());
        let step = step(timeline.step);
        let total = count(timeline.total(), "mail was", "mails were");
        let is_one = timeline.steps.len() == 1;
        let summary = if is_one {
            format!("{total} accepted on {from}.")
        } else {
            format!("{total} accepted between {from} and {until}, at most {} {step}.", grouped(timeline.peak()))
        };
        let until = if is_one { String::new() } else { until };
        let rows = timeline.steps.iter().filter(|(_, accepted)| *accepted > 0);
        let rows = rows.map(|(at, accepted)| Row { at: when(*at), accepted: *accepted }).collect();
        Self { summary, step, bars: bars(timeline), rows, from, until, peak: timeline.peak() }
    }
}

fn step(step: TimeDelta) -> &'static str {
    match step.num_minutes() {
        1 => "per minute",
        5 => "per five minutes",
        60 => "per hour",
        1_440 => "per day",
        _ => "per week",
    }
}

#[allow(clippy::cast_precision_loss, reason = "a bar is a few hundred units high")]
fn bars(timeline: &Timeline) -> Vec<Bar> {
    let (peak, place) = (timeline.peak().max(1) as f64, WIDTH / timeline.steps.len().max(1) as f64);
    // A lone bar needn't fill the chart.
    let width = (place * 0.85).min(60.0);
    let bar = |(at, (_, accepted)): (usize, &(_, u64))| {
        // What is there can be seen, however little it is.
        let height = (*accepted as f64 / peak * HEIGHT).max(2.0);
        Bar {
            x: format!("{:.1}", at as f64 * place + (place - width) / 2.0),
            y: format!("{:.1}", HEIGHT - height),
            width: format!("{width:.1}"),
            height: format!("{height:.1}"),
        }
    };
    timeline.steps.iter().enumerate().filter(|(_, (_, accepted))| *accepted > 0).map(bar).collect()
}
