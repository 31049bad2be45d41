//! Times in words, exact on hover and for machines. All of it is UTC: a page without script does not know the reader's
//! time zone.

use leptos::prelude::*;
use time::{Month, OffsetDateTime};

/// A moment in the past, as seen from `now`.
pub fn when(at: OffsetDateTime, now: OffsetDateTime) -> impl IntoView + use<> {
    view! { <time datetime=machine(at) title=exact(at)>{said(at, now)}</time> }
}

/// `just now`, `5 min ago`, `3 h ago`, `yesterday`, `4 days ago`, `12 March`, `12 March 2024`.
pub fn said(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let seconds = (now - at).whole_seconds();
    let days = (now.date() - at.date()).whole_days();
    match seconds {
        // A replica's clock may be a little ahead of ours.
        ..45 => "just now".to_owned(),
        45..3_600 => format!("{} min ago", ((seconds + 15) / 60).min(59)),
        3_600..43_200 => format!("{} h ago", seconds / 3_600),
        _ if days == 0 => format!("{} h ago", seconds / 3_600),
        _ if days == 1 => "yesterday".to_owned(),
        _ if days < 7 => format!("{days} days ago"),
        _ if at.year() == now.year() => format!("{} {}", at.day(), at.month()),
        _ => day(at),
    }
}

/// `12 March 2024, 09:05 UTC`.
pub fn exact(at: OffsetDateTime) -> String {
    format!("{}, {:02}:{:02} UTC", day(at), at.hour(), at.minute())
}

/// `12 March 2024`.
pub fn day(at: OffsetDateTime) -> String {
    format!("{} {} {}", at.day(), at.month(), at.year())
}

/// `March 2024`.
pub fn month(at: OffsetDateTime) -> String {
    let month: Month = at.month();
    format!("{month} {}", at.year())
}

/// Returns the value for `datetime`: to the minute, in UTC. (No page shows seconds, and they do not compress.)
pub fn machine(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    format!("{date}T{:02}:{:02}Z", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-14 15:00 UTC);

    #[test]
    fn shows_recent_times_as_relative_and_older_as_dates() {
        for (ago, expected) in [
            (Duration::seconds(-30), "just now"),
            (Duration::seconds(44), "just now"),
            (Duration::seconds(45), "1 min ago"),
            (Duration::minutes(5), "5 min ago"),
            (Duration::seconds(3_599), "59 min ago"),
            (Duration::hours(1), "1 h ago"),
            (Duration::hours(14), "14 h ago"),
            (Duration::hours(16), "yesterday"),
            (Duration::hours(38), "yesterday"),
            (Duration::hours(40), "2 days ago"),
            (Duration::days(6), "6 days ago"),
            (Duration::days(7), "7 March"),
            (Duration::days(90), "14 December 2025"),
        ] {
            assert_eq!(said(NOW - ago, NOW), expected, "{ago}");
        }
    }

    #[test]
    fn shows_hours_ago_across_midnight() {
        assert_eq!(said(datetime!(2026-03-13 22:00 UTC), datetime!(2026-03-14 01:00 UTC)), "3 h ago");
    }

    #[test]
    fn formats_exact_machine_and_month_times() {
        let at = datetime!(2026-01-02 03:04:05.678 UTC);
        assert_eq!(machine(at), "2026-01-02T03:04Z");
        assert_eq!(exact(at), "2 January 2026, 03:04 UTC");
        assert_eq!(month(at), "January 2026");
    }
}
