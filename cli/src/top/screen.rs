//! The drawing of a view on the screen.

use codeid_daemon::api::health::Severity;
use codeid_daemon::api::status::{CheckOutcome, RulesStatus, SourceStatus};
use codeid_daemon::count::counted;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Sparkline};

use super::cells::{errors, latencies, traffics};
use super::columns::{self, HEAD, Numbers, extent, fit};
use super::figures::{Figures, Rate};
use super::keys::HELP;
use super::reading::Reading;
use super::view::View;
use crate::admin::freeze;
use crate::moment::{ago, span, until, utc};
use crate::output::printable;
use crate::quantity::grouped;

/// The height of the trend, on a screen that has room for it.
const TREND_HEIGHT: u16 = 4;

/// The least height of a screen that has room for the trend.
const MIN_HEIGHT_WITH_TREND: u16 = 26;

const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const NOTED: Style = Style::new().fg(Color::Yellow);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);

/// Draws the view on the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View, socket: &str) {
    let area = frame.area();
    let state = view
        .last
        .as_ref()
        .map_or_else(Vec::new, |last| state(last, view, area.width));
    let traffic_rows = view
        .figures
        .as_ref()
        .map_or(1, |figures| traffics(figures).count());
    let trend_height = if area.height >= MIN_HEIGHT_WITH_TREND {
        TREND_HEIGHT
    } else {
        0
    };
    let [title, top, traffic, results, trend, rules, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(extent(state.len())),
        Constraint::Length(extent(traffic_rows + 3)),
        Constraint::Length(3),
        Constraint::Length(trend_height),
        Constraint::Min(2),
        Constraint::Length(1),
    ])
    .areas(area);
    draw_title(frame, title, view, socket);
    frame.render_widget(Paragraph::new(state), top);
    match &view.figures {
        None => frame.render_widget(
            Paragraph::new("\nmeasuring the first interval").style(FAINT),
            traffic,
        ),
        Some(figures) => {
            draw_traffic(frame, traffic, figures);
            draw_results(frame, results, figures);
            draw_rules(frame, rules, figures, view.scrolled);
        }
    }
    draw_trend(frame, trend, view);
    draw_keys(frame, keys, view);
    if view.help {
        draw_help(frame, area);
    }
}

fn draw_title(frame: &mut Frame<'_>, area: Rect, view: &View, socket: &str) {
    let style = Style::new().add_modifier(Modifier::REVERSED);
    let process = view.last.as_ref().map_or_else(String::new, |last| {
        let daemon = &last.status.daemon;
        format!(
            "{}, process {}, up {}",
            daemon.version,
            daemon.pid,
            span(daemon.uptime_ms)
        )
    });
    let left = format!(" codeid {process}  {socket}");
    let at = view
        .last
        .as_ref()
        .map_or_else(String::new, |last| utc(last.metrics.at));
    let right = match view.paused {
        true => format!("  PAUSED  {at} "),
        false => format!("  {at} "),
    };
    let width = extent(right.chars().count()).min(area.width);
    let [at_left, at_right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
    let left = fit(&shown(&left), at_left.width);
    let right = fit(&right, at_right.width);
    frame.render_widget(Paragraph::new(left).style(style), at_left);
    frame.render_widget(Paragraph::new(right).style(style), at_right);
}

/// Returns the lines that describe the daemon, its live table and its sources.
fn state(last: &Reading, view: &View, width: u16) -> Vec<Line<'static>> {
    let status = &last.status;
    let mut lines = Vec::new();
    let mut add = |style: Style, text: String| {
        lines.push(Line::styled(fit(&shown(&text), width), style));
    };
    if let Some(why) = &view.last_failure {
        add(
            BAD,
            format!("LOST       {why}; trying again (the state below is the last known one)"),
        );
    }
    if let Some(note) = &view.note {
        add(NOTED, format!("note       {note}"));
    }
    let health = &status.health;
    let style = match health.severity {
        Some(Severity::Critical) => BAD,
        Some(Severity::Warning) => NOTED,
        Some(Severity::Info) | None => Style::new(),
    };
    add(style, format!("health     {}", health.sentence));
    if !status.readiness.ready {
        let reasons = status.readiness.not_ready_because.iter();
        let reasons: Vec<_> = reasons.map(|reason| &*reason.detail).collect();
        add(BAD, format!("NOT READY  {}", reasons.join(" ")));
    }
    match &status.rules.table {
        None => add(BAD, "table      none".to_owned()),
        Some(table) => {
            add(
                Style::new(),
                format!(
                    "table      generation {}, version {}, {}, loaded {}, from {} {}",
                    table.generation,
                    table.version,
                    counted(table.rule_count, "rule"),
                    ago(table.loaded_at),
                    table.level,
                    table.uri
                ),
            );
        }
    }
    if let Some(freeze) = &status.rules.freeze {
        add(NOTED, format!("FROZEN     {}", freeze::describe(freeze)));
    }
    let (style, text) = sources(&status.rules);
    add(style, format!("sources    {text}"));
    lines
}

/// Describes the state of the sources: the first trouble, if there is any.
fn sources(status: &RulesStatus) -> (Style, String) {
    let named = [
        ("REMOTE", status.sources.remote.as_ref()),
        ("LOCAL", Some(&status.sources.local)),
        ("PRESET", Some(&status.sources.preset)),
    ];
    if let Some((level, trouble)) = named
        .into_iter()
        .find_map(|(level, source)| Some((level, trouble(source?)?)))
    {
        return (BAD, format!("{level} {trouble}"));
    }
    if let Some(why) = &status.save.failure {
        return (
            BAD,
            format!("the live config is not saved in the local storage: {why}"),
        );
    }
    if status.staleness.stale {
        let age = span(status.staleness.age_ms);
        return (
            BAD,
            format!("STALE: REMOTE has not confirmed the live config for {age}"),
        );
    }
    match (&status.sources.remote, status.next_pull_at) {
        (None, _) => (Style::new(), "good; without a remote".to_owned()),
        (Some(_), next) => {
            let confirmed = span(status.staleness.age_ms);
            let next = next.map_or_else(String::new, |next| {
                format!(", pulled again {}", until(next))
            });
            (
                Style::new(),
                format!("good; REMOTE confirmed the live config {confirmed} ago{next}"),
            )
        }
    }
}

fn trouble(source: &SourceStatus) -> Option<String> {
    let check = source.last_check.as_ref()?;
    if check.good || check.outcome == CheckOutcome::Absent {
        return None;
    }
    let why = check.why.as_deref().unwrap_or("unknown reason");
    Some(format!(
        "{} {}, {}: {why}",
        check.outcome,
        counted(check.failures, "time"),
        ago(check.at)
    ))
}

fn draw_traffic(frame: &mut Frame<'_>, area: Rect, figures: &Figures) {
    let headers = [
        ("REQUESTS/S", 11),
        ("ERRORS", 8),
        ("OPEN", 5),
        ("P50", 8),
        ("P90", 8),
        ("P99", 8),
        ("P99.9", 8),
        ("MAX", 8),
    ];
    let omitted = [4, 6, 7, 3, 2, 5, 1, 0];
    let rows = traffics(figures).map(|traffic| {
        let is_bad = traffic.error_ratio.is_some_and(|ratio| ratio > 0.0);
        let bad = if is_bad { NOTED } else { Style::new() };
        let mut numbers = vec![
            (grouped(traffic.requests_per_second), Style::new()),
            (errors(traffic), bad),
            (traffic.open_connections.to_string(), Style::new()),
        ];
        numbers.extend(latencies(&traffic.latency).map(|latency| (latency, Style::new())));
        Numbers {
            style: Style::new(),
            name: shown(&traffic.name),
            numbers,
        }
    });
    let name = ("LISTENER".to_owned(), 8);
    let table = columns::table(name, &headers, &omitted, rows.collect(), area.width);
    frame.render_widget(table, below_a_gap(area));
}

fn draw_results(frame: &mut Frame<'_>, area: Rect, figures: &Figures) {
    let mut lines = vec![
        rates(
            "results/s",
            &figures.total.results,
            &refused(figures),
            area.width,
        ),
        rates("codes/s", &figures.identifications, "", area.width),
    ];
    let proxy = &figures.sdk_proxy;
    let has_some = proxy.requests_per_second > 0.0 || proxy.in_flight > 0;
    lines.push(match has_some {
        true => {
            let in_flight = format!("{} in flight", proxy.in_flight);
            rates("sdkProxy/s", &proxy.results, &in_flight, area.width)
        }
        false => Line::styled("sdkProxy/s none", FAINT),
    });
    frame.render_widget(Paragraph::new(lines), area);
}

/// Describes the connections that are refused; empty if none are.
fn refused(figures: &Figures) -> String {
    match figures.total.refused_connections_per_second {
        none if none <= 0.0 => String::new(),
        some => format!("{} refused connections/s", grouped(some)),
    }
}

/// Returns rates in one line, without those that are zero, except for the first, and then `rest`.
fn rates(name: &str, rates: &[Rate], rest: &str, width: u16) -> Line<'static> {
    const NAME_WIDTH: u16 = 11;
    let mut text = String::new();
    for (at, rate) in rates.iter().enumerate() {
        if at == 0 || rate.per_second > 0.0 {
            text += &shown(&format!("{} {}  ", rate.name, grouped(rate.per_second)));
        }
    }
    text += rest;
    let mut line = Line::from(Span::styled(format!("{name:<11}"), HEAD));
    line.push_span(fit(text.trim_end(), width.saturating_sub(NAME_WIDTH)));
    line
}

fn draw_trend(frame: &mut Frame<'_>, area: Rect, view: &View) {
    if area.height == 0 {
        return;
    }
    let newest = view.trend.len().saturating_sub(usize::from(area.width));
    let data: Vec<u64> = view.trend.iter().skip(newest).copied().collect();
    let highest = data.iter().max().copied().unwrap_or_default();
    let intervals = counted(data.len(), "interval");
    let title = format!("requests/s, at most {highest} in {intervals}");
    let block = Block::new().title(Span::styled(fit(&title, area.width), FAINT));
    let sparkline = Sparkline::default().data(data).style(Color::Cyan);
    frame.render_widget(sparkline.block(block), area);
}

fn draw_rules(frame: &mut Frame<'_>, area: Rect, figures: &Figures, scrolled: usize) {
    let headers = [
        ("DECIDED/S", 12),
        ("REFUSED/S", 12),
        ("DECIDED", 14),
        ("REFUSED", 14),
    ];
    let omitted = [3, 1, 2, 0];
    let visible = figures.rules.iter().skip(scrolled);
    let rows = visible.take(usize::from(area.height)).map(|rule| {
        let is_idle = rule.decided_per_second + rule.refused_per_second <= 0.0;
        let numbers = [
            grouped(rule.decided_per_second),
            grouped(rule.refused_per_second),
            rule.decided.to_string(),
            rule.refused.to_string(),
        ];
        Numbers {
            style: if is_idle { FAINT } else { Style::new() },
            name: shown(&rule.id),
            numbers: numbers.map(|number| (number, Style::new())).into(),
        }
    });
    let name = format!("RULE, BUSIEST FIRST ({})", figures.rules.len());
    let table = columns::table((name, 24), &headers, &omitted, rows.collect(), area.width);
    frame.render_widget(table, below_a_gap(area));
}

fn draw_keys(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let pause = if view.paused { "p resume" } else { "p pause" };
    let text = format!(" q quit   {pause}   ↑ ↓ scroll   ? keys");
    frame.render_widget(Paragraph::new(text).style(FAINT), area);
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let lines: Vec<Line<'_>> = HELP
        .iter()
        .map(|(keys, meaning)| Line::from(format!(" {keys:<11} {meaning}")))
        .collect();
    let (width, height) = (40.min(area.width), extent(lines.len() + 2).min(area.height));
    let window = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, window);
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(" keys ")),
        window,
    );
}

/// Returns `area` without its first line.
const fn below_a_gap(area: Rect) -> Rect {
    Rect {
        y: area.y.saturating_add(1),
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Escapes control characters in a text of the daemon.
fn shown(text: &str) -> String {
    printable(text).into_owned()
}
