//! The language holds what it promises: texts round-trip, faults are placed, and what is made is sound.

use super::condition::{Condition, Hundredths};
use super::feature::{Feature, Flag, Known, Source};
use super::genetics::Vocabulary;
use super::rule::Strategy;
use super::stake::Stake;
use super::text::SyntaxError;
use crate::domain::quote::Market;
use proptest::prelude::*;
use rand_pcg::Pcg64Mcg;

fn vocabulary() -> Vocabulary {
    let sources = ["elo", "market_rating", "swarm"].map(|name| Source::new(name).unwrap());
    Vocabulary::all(Known::Close, sources.to_vec())
}

#[test]
fn texts_are_read_and_written_in_canonical_form() {
    let check = |text: &str, canonical: &str| {
        let strategy: Strategy = text.parse().unwrap();
        assert_eq!(strategy.to_string(), canonical);
        assert_eq!(canonical.parse::<Strategy>().unwrap(), strategy);
        assert_eq!(canonical.parse::<Strategy>().unwrap().id(), strategy.id());
    };
    check(
        "spread at open when week in 3..17 and edge(market_rating) >= 1.50 and not favourite stake flat 1%",
        "spread at open when edge(market_rating) >= 1.5 and week in 3..17 and underdog stake flat 1%",
    );
    check(
        "total at open when wind >= 15 and under and wind >= 12 and wind <= 40 stake kelly(swarm) 25% cap 2%",
        "total at open when wind in 15..40 and under stake kelly(swarm) 25% cap 2%",
    );
    check(
        "moneyline at close stake flat 0.25%",
        "moneyline at close stake flat 0.25%",
    );
    check(
        "spread at close when line in -7.5..-3 and move >= 0.5 stake flat 1%",
        "spread at close when line in -7.5..-3 and move >= 0.5 stake flat 1%",
    );
}

#[test]
fn a_fault_names_its_token_and_column() {
    let check = |text: &str, column: usize, says: &str| {
        let error: SyntaxError = text.parse::<Strategy>().unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
    };
    check("", 1, "end of text: a strategy begins with its market");
    check("spred at open stake flat 1%", 1, "`spred`");
    check(
        "spread at noon stake flat 1%",
        11,
        "`noon`: a bet is made at `open` or at `close`",
    );
    check(
        "spread at open when edge >= 2 stake flat 1%",
        26,
        "`>=`: then comes a source in brackets",
    );
    check("spread at open when edge(Elo) >= 2 stake flat 1%", 26, "`Elo`");
    check(
        "spread at open when wek >= 2 stake flat 1%",
        21,
        "`wek`: there is no such feature",
    );
    check(
        "spread at open when week > 2 stake flat 1%",
        26,
        "`>`: bounds include their ends",
    );
    check("spread at open when week >= 99 stake flat 1%", 21, "week cannot be 99");
    check("spread at open when week in 9..3 stake flat 1%", 21, "contradicts");
    check("spread at open when home and away stake flat 1%", 30, "`away`");
    check(
        "spread at open when over stake flat 1%",
        21,
        "a spread bet has no over or under",
    );
    check(
        "total at open when home stake flat 1%",
        20,
        "a total bet has no home or away",
    );
    check(
        "spread at open when week >= 2.125 stake flat 1%",
        29,
        "`2.125`: a number with at most two decimals",
    );
    check(
        "spread at open stake flat 1",
        28,
        "end of text: a share is written with `%`",
    );
    check(
        "spread at open stake flat 9%",
        22,
        "a stake of 9% must lie above 0% and within 5%",
    );
    check(
        "spread at open stake flat 1% please",
        30,
        "`please`: the strategy is over before this",
    );
    check(
        "spread at open when ä stake flat 1%",
        21,
        "`ä`: no word of the language begins so",
    );
    check(&"x".repeat(3_000), 2_001, "at most 2000 characters");
}

#[test]
fn order_does_not_matter_and_complexity_counts_freedom() {
    let a: Strategy = "spread at open when home and week >= 3 stake flat 1%".parse().unwrap();
    let b: Strategy = "spread at open when week >= 3 and home stake flat 1%".parse().unwrap();
    assert_eq!((a.id(), a.complexity()), (b.id(), 2));
    let c: Strategy = "spread at open when week in 3..9 and home stake kelly(elo) 25% cap 2%"
        .parse()
        .unwrap();
    assert_eq!(c.complexity(), 4);
    assert_ne!(a.id(), c.id());
}

#[test]
fn a_rule_may_be_read_that_asks_for_the_future() {
    let rule: Strategy = "total at open when cover >= 1 and observed_wind >= 15 stake flat 1%"
        .parse()
        .unwrap();
    let latest = rule.conditions().iter().filter_map(|c| match c {
        Condition::Within { feature, .. } => Some(feature.known()),
        Condition::Is { .. } => None,
    });
    assert_eq!(latest.max(), Some(Known::After));
}

#[test]
fn after_the_game_nobody_bets() {
    let none = Strategy::new(Market::Spread, Known::After, Vec::new(), Stake::one_percent());
    assert!(none.is_err());
    let unbounded = Condition::Within {
        feature: Feature::Week,
        low: None,
        high: None,
    };
    assert!(Strategy::new(Market::Spread, Known::Open, vec![unbounded], Stake::one_percent()).is_err());
    assert_eq!(Hundredths(-50).to_string(), "-0.5");
    assert_eq!(Hundredths(-1205).to_string(), "-12.05");
}

proptest! {
    #[test]
    fn whatever_is_made_round_trips_and_chooses_a_side(seed in any::<u128>()) {
        let (v, mut rng) = (vocabulary(), Pcg64Mcg::new(seed));
        let a = v.draw(&mut rng);
        let b = v.draw(&mut rng);
        let made = [v.mutate(&a, &mut rng), v.cross(&a, &b, &mut rng), a, b];
        for strategy in made {
            prop_assert!(strategy.chooses_a_side(), "{strategy}");
            let text = strategy.to_string();
            let read: Strategy = text.parse().map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            prop_assert_eq!(&read, &strategy);
            let json = serde_json::to_string(&strategy).unwrap();
            prop_assert_eq!(serde_json::from_str::<Strategy>(&json).unwrap(), strategy);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
        let _ = text.parse::<Strategy>();
    }

    #[test]
    fn words_in_any_order_are_refused_or_read(words in proptest::collection::vec(
        proptest::sample::select(vec!["spread", "at", "open", "when", "edge", "(", "elo", ")", ">=", "in", "..", "2", "-3.5", "and",
            "not", "home", "over", "stake", "flat", "kelly", "cap", "%", "week", "close"]), 0..24)) {
        if let Ok(strategy) = words.join(" ").parse::<Strategy>() {
            prop_assert_eq!(strategy.to_string().parse::<Strategy>().unwrap(), strategy);
        }
    }
}

#[test]
fn a_flag_turned_twice_is_itself() {
    let home = Condition::Is {
        flag: Flag::Home,
        up: false,
    };
    assert_eq!(home.to_string(), "away");
    assert!(home.same_subject(&Condition::Is {
        flag: Flag::Home,
        up: true
    }));
}
