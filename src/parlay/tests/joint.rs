//! Templates on games whose legs are tied together, and on the real past.

use super::patterns::league;
use super::real::real_games;
use crate::parlay::templates::{Class, TeamLeg, TotalLeg, templates};
use rand_pcg::Pcg64Mcg;

#[test]
fn tied_legs_are_priced_together_and_not_multiplied() {
    // Favourites cover half of the time; let the game go over exactly when they do.
    let mut games = league(2000..2006, 0.5, 3);
    for game in &mut games {
        let covers = game.over_spread() > 0;
        game.score.away = if covers { 30 } else { 10 };
        game.score.home = game.score.away + if covers { 7 } else { 0 };
    }
    let all = templates(&games, &mut Pcg64Mcg::new(1));
    let find = |team, total| {
        all.iter()
            .find(|t| (t.class, t.team, t.total) == (Class::All, team, total))
            .unwrap()
    };
    let tied = find(TeamLeg::FavouriteCovers, TotalLeg::Over);
    assert!(
        tied.p_joint.get() > 0.45 && tied.p_independent.get() < 0.27 && tied.correlation > 0.95,
        "{tied:?}"
    );
    let [low, high] = tied.p_joint_ci95.unwrap();
    assert!(low <= tied.p_joint && tied.p_joint <= high);
    let (fair, least) = (tied.fair.unwrap().get(), tied.least.unwrap().get());
    assert!(
        (fair * tied.p_joint.get() - 1.0).abs() < 1e-12 && least > fair,
        "{fair} {least}"
    );
    let apart = find(TeamLeg::FavouriteCovers, TotalLeg::Under);
    assert!(apart.correlation < -0.95 && apart.p_joint.get() < 0.01, "{apart:?}");
    let held = tied.hold(&games);
    assert!(held.agrees && held.joint.n == u64::from(tied.n));
    // Half of the games end in a tie, so a bet on the winner is off there.
    assert!(find(TeamLeg::FavouriteWins, TotalLeg::Over).n_pushed > 800);
}

#[test]
fn without_games_there_is_no_template() {
    assert!(templates(&[], &mut Pcg64Mcg::new(1)).is_empty());
    let one = templates(&league(2000..2001, 0.5, 1)[..1], &mut Pcg64Mcg::new(1));
    assert!(
        one.iter()
            .all(|t| t.n + t.n_pushed == 1 && t.p_joint_ci95.is_none() && t.least.is_none())
    );
    assert!(!serde_json::to_string(&one).unwrap().contains("null,null"));
    assert!(one[0].hold(&[]).agrees);
}

#[test]
fn templates_of_the_real_past_hold_later() {
    let Some(games) = real_games(false) else { return };
    let past: Vec<_> = games.iter().filter(|g| g.when.season <= 2013).cloned().collect();
    let later: Vec<_> = games
        .iter()
        .filter(|g| (2014..=2017).contains(&g.when.season))
        .cloned()
        .collect();
    let all = templates(&past, &mut Pcg64Mcg::new(1));
    assert_eq!(all.len(), 32);
    let n_agree = all.iter().filter(|t| t.hold(&later).agrees).count();
    println!("{n_agree} of {} templates agree with 2014-2017", all.len());
    for t in &all {
        assert!(t.correlation.abs() < 0.4, "{t:?}");
    }
    assert!(n_agree >= 26, "95% intervals of 32 related templates: {n_agree} hold");
}
