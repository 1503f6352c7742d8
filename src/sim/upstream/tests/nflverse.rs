//! nflverse: redirects, validators, and files that know what their build could know.

use super::*;
use crate::domain::game::Game;
use crate::feeds::nflverse_games;

fn parsed(body: &[u8]) -> Vec<Game> {
    let file = nflverse_games::read(body).unwrap();
    assert!(file.rejected.is_empty(), "{:?}", file.rejected.first());
    file.games
}

#[test]
fn the_schedule_file_is_read_back_as_the_world_it_was_written_from() {
    let mut up = upstream("");
    let end = midweek() + TimeDelta::days(60);
    let answer = follow(&mut up, &file("schedules/games.csv"), end);
    assert_eq!(answer.status, 200);
    let mut ours = league().games.clone();
    ours.sort_by(|a, b| a.fixture.id.cmp(&b.fixture.id));
    let mut theirs = parsed(&answer.body);
    theirs.sort_by(|a, b| a.fixture.id.cmp(&b.fixture.id));
    assert_eq!(theirs, ours);
    let count = up.counts().of(Provider::Nflverse, Endpoint::Games);
    assert_eq!((count.calls, count.redirects), (1, 1));
}

#[test]
fn no_build_knows_the_future() {
    let mut up = upstream("");
    for hours in (0..24 * 14).step_by(7) {
        let now = midweek() + TimeDelta::hours(hours);
        let answer = follow(&mut up, &file("schedules/games.csv"), now);
        for game in parsed(&answer.body) {
            let over = game.fixture.settles_at() <= now;
            assert!(over || game.score.is_none(), "{} at {now}", game.fixture.id);
        }
        let text = String::from_utf8(answer.body).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        assert_eq!(head.len(), 46);
        let column = |name: &str| head.iter().position(|c| c == name).unwrap();
        let kickoffs: std::collections::BTreeMap<String, DateTime<Utc>> = up
            .world()
            .games
            .iter()
            .map(|s| (s.game.fixture.id.to_string(), s.kickoff()))
            .collect();
        for row in reader.records().map(Result::unwrap) {
            if kickoffs[&row[0]] > now {
                assert!(row[column("spread_line")].is_empty() && row[column("home_moneyline")].is_empty());
            }
        }
    }
}

#[test]
fn team_statistics_hold_finished_games_in_all_columns() {
    let mut up = upstream("");
    let path = "stats_team/stats_team_week_2031.csv";
    let now = midweek();
    let answer = follow(&mut up, &file(path), now);
    let mut reader = csv::Reader::from_reader(&answer.body[..]);
    assert_eq!(reader.headers().unwrap().len(), 102);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 32, "week 1 only");
    assert!(rows.iter().all(|r| &r[1] == "1"));
    let missing = follow(&mut up, &file("stats_team/stats_team_week_2044.csv"), now);
    assert_eq!(missing.status, 404);
    assert_eq!(follow(&mut up, &file("pbp/play_by_play_2031.csv.gz"), now).status, 404);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let mut up = upstream("");
    for path in [
        "schedules/games.csv",
        "schedules/timestamp.json",
        "stats_team/timestamp.json",
    ] {
        let first = follow(&mut up, &file(path), midweek());
        let again = file(path).header_set("If-None-Match", first.header("etag").unwrap());
        let second = follow(&mut up, &again, midweek() + TimeDelta::seconds(1));
        assert_eq!((second.status, second.body.len()), (304, 0), "{path}");
    }
    let stamp =
        |up: &mut Upstream, t| json(&follow(up, &file("schedules/timestamp.json"), t))["last_updated"].clone();
    assert_eq!(
        stamp(&mut up, midweek()),
        stamp(&mut up, midweek() + TimeDelta::seconds(200))
    );
    assert_ne!(
        stamp(&mut up, midweek()),
        stamp(&mut up, midweek() + TimeDelta::seconds(300))
    );
}

#[test]
fn the_season_of_today_has_a_week_that_is_open() {
    for (today, season) in [
        ("2026-11-25T12:00:00Z", 2026),
        ("2027-01-02T12:00:00Z", 2026),
        ("2027-06-01T12:00:00Z", 2027),
    ] {
        let now = at(today);
        let (games, quotes) = current_season(5, now);
        assert_eq!(games.iter().map(|g| g.fixture.when.season).max(), Some(season));
        let world = World::new(&games, &quotes, 5);
        let next = world.next_kickoff(now).unwrap();
        let in_season = !today.contains("-06-");
        assert_eq!(world.n_open(now) > 0, in_season, "{today}");
        assert!(!in_season || next - now < TimeDelta::days(7), "{today}: {next}");
        let mut up = Upstream::new(world, Options::default(), now);
        let answer = follow(&mut up, &file("schedules/games.csv"), now);
        assert_eq!(parsed(&answer.body).len(), games.len());
        assert_eq!(
            games.iter().filter(|g| g.fixture.day().to_string().len() == 10).count(),
            3 * 272
        );
    }
}
