//! What is said and not kept: requests and responses, heartbeats, and letters that reach nobody.

use super::reader::{CARD, Fate, Post as House, ReaderArgs, note, world};
use crate::runtime::harness::soon;
use chrono::{DateTime, TimeDelta, Utc};
use huddle::bus::{
    Begin, Door, Effects, Enrol, Entry, Letter, MAX_BATCH, MemoryJournal, Post, PostError, Posted, Receipt,
    Registry, RegistryError, Request, RequestError, Settle,
};
use huddle::protocol::{AgentMessage, Answer, Beat, Body, Kind, Query, To};
use std::time::Duration;

/// Answers requests, but for those whose id says otherwise.
fn mark(reader: &str, letter: &Letter<Effects>) -> Receipt<Effects> {
    let message = &letter.message;
    match &message.body {
        Body::Query(_) if message.id.0.starts_with("mute") => Receipt::Done,
        Body::Query(_) if message.id.0.starts_with("no") => Receipt::Refused("not mine".into()),
        Body::Query(_) => {
            let body = Answer::Tally { lines: Vec::new() };
            let id = format!("{}/answer", message.id);
            Receipt::Answer(Box::new(message.answer(id.as_str().into(), reader, message.at, body)))
        }
        _ => Receipt::Done,
    }
}

fn house(journal: &MemoryJournal, takes: u64, fate: &Fate) -> House<MemoryJournal> {
    let reader = ReaderArgs {
        path: "/r".to_owned(),
        fate: fate.clone(),
        mark,
        takes: Duration::from_millis(takes),
    };
    House::start(journal, vec![reader], |args| args)
}

fn question(id: &str, to: &str, now: DateTime<Utc>) -> AgentMessage {
    let to = To::One(to.into());
    AgentMessage {
        deadline: Some(now + TimeDelta::seconds(5)),
        ..AgentMessage::new(id.into(), "/asker", to, Kind::Request, now, Query::Tally)
    }
}

fn reasons(journal: &MemoryJournal) -> Vec<String> {
    journal
        .kept()
        .dead
        .into_iter()
        .map(|dead| format!("{}: {}", dead.entry.id, dead.reason))
        .collect()
}

#[test]
fn a_request_has_its_response_or_a_reason() {
    let (journal, fate) = (MemoryJournal::default(), Fate::default());
    fate.crash("/r", "crash", 1);
    world(async {
        let house = house(&journal, 1, &fate);
        let now = || house.clock.now();
        let ask = async |message: AgentMessage| house.bus.ask(Request(message), soon()).await.unwrap();
        let answer = ask(question("q", "/r", now())).await.unwrap();
        assert_eq!((answer.parent_id, answer.thread), (Some("q".into()), "q".into()));
        assert_eq!(ask(question("mute", "/r", now())).await, Err(RequestError::Deadline));
        assert_eq!(
            ask(question("no", "/r", now())).await,
            Err(RequestError::Declined("not mine".into()))
        );
        let lost = ask(question("crash", "/r", now())).await.unwrap_err();
        assert!(lost.to_string().contains("work had started"), "{lost}");
        let unknown = ask(question("u", "/nobody", now())).await;
        assert_eq!(
            unknown,
            Err(RequestError::Undelivered(PostError::Unknown("/nobody".into())))
        );
        let late = AgentMessage {
            deadline: Some(now() - TimeDelta::seconds(1)),
            ..question("late", "/r", now())
        };
        assert_eq!(ask(late).await, Err(RequestError::Undelivered(PostError::Late)));
        assert!(matches!(ask(note("n", To::All)).await, Err(RequestError::Unfit(_))));
        // The answer to `mute` comes when nobody waits any more; one to nothing never had anybody.
        for id in ["mute", "never"] {
            let body = Answer::Declined { reason: "x".into() };
            let response = question(id, "/r", now()).answer(format!("to {id}").as_str().into(), "/r", now(), body);
            let said = house.bus.ask(Post::new(response), soon()).await.unwrap();
            assert!(matches!(said, Err(PostError::Stale(_))), "{said:?}");
        }
        house.bus.ask(Settle, soon()).await.unwrap();
    });
    let reasons = reasons(&journal).join("\n");
    for part in [
        "crash: the answer was lost (work had started)",
        "u: nobody reads letters at /nobody",
        "late: its deadline is over",
        "to mute: nobody waits for it: it came after the request's deadline",
        "to never: nobody waits for it: no request never is open",
    ] {
        assert!(reasons.contains(part), "`{part}` is missing:\n{reasons}");
    }
    assert!(journal.kept().entries.is_empty(), "asked things are not journaled");
}

#[test]
fn heartbeats_are_coalesced_and_never_journaled() {
    let journal = MemoryJournal::default();
    let handled = world(async {
        let house = house(&journal, 100, &Fate::default());
        let now = || house.clock.now();
        for n in 0..50 {
            let at = now() + TimeDelta::milliseconds(n);
            let body = Beat::Alive {
                n_handled: n.unsigned_abs(),
            };
            let beat = AgentMessage::new(
                format!("b{n}").as_str().into(),
                "/other",
                To::All,
                Kind::Heartbeat,
                at,
                body,
            );
            assert_eq!(
                house.bus.ask(Post::new(beat), soon()).await.unwrap(),
                Ok(Posted::Said(1))
            );
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        house.registry.get("/r").unwrap().vitals().handled
    });
    assert_eq!(handled, 2, "the first, and the newest of those that came meanwhile");
    assert!(journal.kept().entries.is_empty());
}

#[test]
fn letters_to_nobody_are_dead_with_a_reason() {
    let journal = MemoryJournal::default();
    world(async {
        let house = house(&journal, 0, &Fate::default());
        let post = async |post: Post| house.bus.ask(post, soon()).await.unwrap();
        let unknown = post(Post::new(note("a", To::One("/nobody".into())))).await;
        assert_eq!(unknown, Err(PostError::Unknown("/nobody".into())));
        let empty = post(Post::new(note("b", To::Group("g".into())))).await;
        assert_eq!(empty, Err(PostError::NoMembers("g".into())));
        let fleeting = post(Post::fleeting(note("c", To::One("/r".into())))).await;
        assert_eq!(fleeting, Ok(Posted::Said(1)));
        let kept = post(Post::new(note("d", To::One("/r".into())))).await;
        assert_eq!(kept, Ok(Posted::Kept(1)));
        let again = post(Post::new(note("d", To::One("/r".into())))).await;
        assert_eq!(again, Ok(Posted::Before(1)));
        let other = post(Post::new(note("d", To::All))).await;
        assert_eq!(other, Err(PostError::Conflict("d".into())));
        house.bus.ask(Settle, soon()).await.unwrap();
    });
    assert_eq!(
        reasons(&journal),
        ["a: nobody reads letters at /nobody", "b: the group g has no members"]
    );
}

#[test]
fn a_late_letter_is_dead_and_the_next_one_has_its_turn() {
    let journal = MemoryJournal::default();
    world(async {
        let house = house(&journal, 1_000, &Fate::default());
        let now = || house.clock.now();
        let mut under_way = Vec::new();
        for n in 0..3 {
            let deadline = (n == 1).then(|| now() + TimeDelta::milliseconds(100));
            let message = note(&format!("m{n}"), To::One("/r".into()));
            let message = AgentMessage { deadline, ..message };
            under_way.push(house.bus.ask(Post::new(message), soon()));
        }
        for posted in under_way {
            posted.await.unwrap().unwrap();
        }
        house.bus.ask(Settle, soon()).await.unwrap();
    });
    let kept = journal.kept();
    assert_eq!((kept.cursors["/r"].seq, kept.cursors["/r"].trying), (3, 3));
    let reasons = reasons(&journal);
    assert!(
        reasons.len() == 1 && reasons[0].starts_with("m1: its deadline passed at "),
        "{reasons:?}"
    );
}

#[test]
fn readers_join_while_the_bus_runs() {
    let journal = MemoryJournal::default();
    world(async {
        let house = house(&journal, 0, &Fate::default());
        let post = async |id: &str, to: To| house.bus.ask(Post::new(note(id, to)), soon()).await.unwrap();
        post("a", To::All).await.unwrap();
        let port = house.registry.get("/r").unwrap().door.unwrap().port;
        let entry =
            |path: &str| Entry::of(path, CARD, &house.bus).reading(Door::new(port.clone()).begin(Begin::Now));
        house.bus.ask(Enrol(entry("/s")), soon()).await.unwrap().unwrap();
        let taken = house.bus.ask(Enrol(entry("/s")), soon()).await.unwrap();
        assert_eq!(taken, Err(RegistryError::Taken("/s".into())));
        house.bus.ask(Settle, soon()).await.unwrap();
        post("b", To::All).await.unwrap();
        house.bus.ask(Settle, soon()).await.unwrap();
    });
    let cursors = journal.kept().cursors;
    assert_eq!((cursors["/r"].seq, cursors["/s"].seq), (2, 2));
    assert_eq!(cursors["/s"].trying, 2, "the newcomer had only what came after it");
}

#[test]
fn who_joins_a_group_hears_what_is_said_to_it_from_then_on() {
    let journal = MemoryJournal::default();
    world(async {
        let house = house(&journal, 0, &Fate::default());
        let post = async |id: &str, to: To| house.bus.ask(Post::new(note(id, to)), soon()).await.unwrap();
        post("a", To::One("/r".into())).await.unwrap();
        house.bus.ask(Settle, soon()).await.unwrap();
        house.registry.join("/r", "g").unwrap();
        post("b", To::Group("g".into())).await.unwrap();
        post("c", To::One("/r".into())).await.unwrap();
        house.bus.ask(Settle, soon()).await.unwrap();
        assert_eq!(
            house.registry.get("/r").unwrap().vitals().handled,
            3,
            "and none is passed over"
        );
    });
    assert_eq!(journal.kept().cursors["/r"].seq, 3);
}

#[test]
fn many_posts_share_a_commit() {
    let journal = MemoryJournal::default();
    let n = 4 * MAX_BATCH as u64;
    let status = world(async {
        let house = house(&journal, 0, &Fate::default());
        house.registry.withdraw("/r");
        for chunk in 0..n / 512 {
            let posts: Vec<_> = (0..512)
                .map(|k| {
                    house
                        .bus
                        .ask(Post::new(note(&format!("m{}", chunk * 512 + k), To::All)), soon())
                })
                .collect();
            for posted in posts {
                posted.await.unwrap().unwrap();
            }
        }
        house.bus.ask(huddle::bus::GetStatus, soon()).await.unwrap()
    });
    assert_eq!(journal.kept().entries.len() as u64, n);
    assert!(status.n_commits * 10 < n, "{status:?}");
}

#[test]
fn the_registry_refuses_what_makes_no_sense() {
    let registry: Registry<Effects> = Registry::default();
    assert_eq!(registry.join("/x", "g"), Err(RegistryError::Unknown("/x".into())));
    assert!(!registry.leave("/x", "g") && !registry.withdraw("/x"));
    assert!(registry.group("g").is_empty() && registry.by_role(CARD.role).is_empty());
}
