//! The logger against a plain count of the same records, and its line in every shape.

use super::*;
use crate::machine::drive;
use chrono::TimeDelta;
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn warning(text: &str, second: i64) -> Record {
    Record::new(Level::Warn, "huddle::test", text, at(second))
}

fn say(logger: &mut Logger, input: Input) -> Vec<Effect> {
    drive(logger, input, at(0), &mut Pcg64Mcg::new(0))
}

fn after(limits: LoggerLimits, records: impl IntoIterator<Item = Record>) -> Summary {
    let mut logger = Logger::new(limits);
    let mut n_kept = 0;
    for record in records {
        assert!(say(&mut logger, Input::Heard(record)).is_empty(), "nobody asked");
        n_kept += 1;
    }
    let handed = Handed { n_kept, n_dropped: 0 };
    match say(&mut logger, Input::Summarise(handed)).as_slice() {
        [Effect::Summarised(summary)] => summary.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_that_differ_in_numbers_are_one_kind() {
    let records = [
        warning("elo #1 panicked", 5),
        warning("nobody came", 6),
        warning("elo #2 panicked", 9),
        warning("elo #3 panicked", 8),
        Record::new(Level::Error, "huddle::test", "elo #4 panicked", at(10)),
        Record::new(Level::Warn, "huddle::other", "elo #5 panicked", at(11)),
    ];
    let summary = after(LoggerLimits::default(), records.clone());
    assert_eq!((summary.n_heard, summary.kinds.len(), summary.n_unread()), (6, 4, 0));
    assert_eq!(summary.by_level, BTreeMap::from([(Level::Error, 1), (Level::Warn, 5)]));
    let expected = Kind {
        level: Level::Warn,
        target: "huddle::test".to_owned(),
        template: "elo #<n> panicked".to_owned(),
        n: 3,
        first: at(5),
        last: at(9),
        example: "elo #3 panicked".to_owned(),
    };
    assert_eq!(summary.kinds[0], expected);
    assert_eq!(summary.recent, records);
}

#[test]
fn the_kind_not_seen_for_longest_makes_room() {
    let limits = LoggerLimits {
        n_kinds: 2,
        n_recent: 3,
    };
    let texts = ["a", "b", "a", "c", "a", "b"];
    let summary = after(limits, texts.map(|text| warning(text, 0)));
    let kept: Vec<(&str, u64)> = summary.kinds.iter().map(|k| (k.template.as_str(), k.n)).collect();
    assert_eq!(kept, [("a", 3), ("b", 1)], "b was forgotten once, then c");
    assert_eq!((summary.n_forgotten, summary.n_heard), (2, 6));
    let recent: Vec<&str> = summary.recent.iter().map(Record::text).collect();
    assert_eq!(recent, ["c", "a", "b"]);
    let nothing = LoggerLimits {
        n_kinds: 0,
        n_recent: 0,
    };
    let summary = after(nothing, texts.map(|text| warning(text, 0)));
    assert_eq!(
        (summary.kinds.len(), summary.recent.len(), summary.n_forgotten),
        (0, 0, 6)
    );
}

#[test]
fn the_line_says_how_much_of_what() {
    let summary = |by_level: &[(Level, u64)], n_kinds: usize, n_forgotten: u64, handed: (u64, u64)| Summary {
        n_heard: by_level.iter().map(|(_, n)| n).sum(),
        by_level: by_level.iter().copied().collect(),
        kinds: after(LoggerLimits::default(), ["a", "b"].map(|text| warning(text, 0))).kinds[..n_kinds].to_vec(),
        n_forgotten,
        recent: Vec::new(),
        handed: Handed {
            n_kept: handed.0,
            n_dropped: handed.1,
        },
    };
    let (error, warn) = (Level::Error, Level::Warn);
    let cases = [
        (summary(&[], 0, 0, (0, 0)), None),
        (
            summary(&[(warn, 3)], 2, 0, (3, 0)),
            Some("3 warnings of 2 kinds, 0 dropped"),
        ),
        (
            summary(&[(warn, 1)], 1, 0, (1, 7)),
            Some("1 warning of 1 kind, 7 dropped"),
        ),
        (
            summary(&[(warn, 3), (error, 1)], 2, 0, (4, 0)),
            Some("1 error and 3 warnings of 2 kinds, 0 dropped"),
        ),
        (
            summary(&[(error, 9)], 2, 3, (9, 0)),
            Some("9 errors of at most 5 kinds, 0 dropped"),
        ),
        (
            summary(&[(warn, 2)], 1, 0, (5, 0)),
            Some("2 warnings of 1 kind, 0 dropped, 3 unread"),
        ),
        (summary(&[], 0, 0, (0, 4)), Some("0 records of 0 kinds, 4 dropped")),
    ];
    for (summary, expected) in cases {
        let expected = expected.map(|text| format!("log: {text}"));
        assert_eq!(summary.line(), expected, "{summary:?}");
    }
}

proptest! {
    #[test]
    fn nothing_heard_goes_uncounted_and_every_bound_holds(
        texts in proptest::collection::vec("[ab]{1,2}( [0-9]{1,3})?", 0..80),
        n_kinds in 0..8_usize,
        n_recent in 0..8_usize,
    ) {
        let limits = LoggerLimits { n_kinds, n_recent };
        let summary = after(limits, texts.iter().zip(0..).map(|(text, second)| warning(text, second)));
        prop_assert_eq!(summary.n_heard, texts.len() as u64);
        prop_assert_eq!(summary.by_level.values().sum::<u64>(), summary.n_heard);
        prop_assert!(summary.kinds.len() <= n_kinds && summary.recent.len() <= n_recent);
        let distinct: std::collections::BTreeSet<String> = texts.iter().map(|text| template(text)).collect();
        prop_assert!(summary.kinds.len() as u64 + summary.n_forgotten >= distinct.len() as u64);
        let newest: Vec<&str> = texts[texts.len().saturating_sub(n_recent)..].iter().map(String::as_str).collect();
        prop_assert_eq!(summary.recent.iter().map(Record::text).collect::<Vec<_>>(), newest);
        if n_kinds >= distinct.len() {
            prop_assert_eq!((summary.n_forgotten, summary.kinds.len()), (0, distinct.len()));
            for kind in &summary.kinds {
                let alike = || texts.iter().zip(0..).filter(|(text, _)| template(text) == kind.template);
                prop_assert_eq!(kind.n as usize, alike().count());
                prop_assert_eq!(Some(kind.first), alike().next().map(|(_, second)| at(second)));
                prop_assert_eq!(alike().last(), Some((&kind.example, (kind.last - at(0)).num_seconds())));
            }
        }
    }
}
