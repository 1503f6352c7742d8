//! A strategist backed by a language model: its proposals go through the parser and the games, and without one nothing differs.

use super::*;
use huddle::agents::specialists::risk_manager::RiskLimits;
use huddle::backtest::invented::Invented;
use huddle::backtest::research_host::ResearchHost;
use huddle::clock::{Clock, Seeds};
use huddle::engine::period::Period;
use huddle::minds::llm::settings::AgentChains;
use huddle::protocol::question::RoundId;
use huddle::protocol::research::{Bench, Commission};
use huddle::store::model_calls;
use huddle::swarms::generation::Round as GenerationRound;
use huddle::swarms::pool::PoolSettings;

fn league() -> Invented {
    Invented {
        n_seasons: 5,
        n_weeks: 10,
        n_games: 30,
        totals: false,
        edge_share: 1.0,
        ..Invented::default()
    }
}

fn commission() -> Commission {
    let league = league();
    let first = league.first_season;
    Commission {
        bench: Bench::cut(&league.table(), Period::seasons(first..=first + 1)),
        seed: 5,
    }
}

/// A round of the generation swarm in a house with these models.
fn round(store: &Store, minds: &MindSettings, wire: &Scripted) -> GenerationRound {
    let settings = Settings {
        minds: minds.clone(),
        ..Settings::default()
    };
    actix::System::new().block_on(async {
        let house = House::start(HouseSpec {
            store: store.clone(),
            clock: Clock::system(),
            seeds: Seeds::new(3),
            limits: RiskLimits::default(),
            pool: PoolSettings::default(),
            policies: settings.policies(),
            wire: Arc::new(wire.clone()),
            minds: minds.clone(),
        });
        let held = house
            .generation
            .hold(RoundId("g".to_owned()), commission())
            .await
            .unwrap();
        assert_eq!(house.stop().await.code(), 0);
        held.round
    })
}

fn scripted(script: impl Fn(usize, &Call) -> Manner + Send + Sync + 'static) -> Scripted {
    Scripted {
        script: Arc::new(script),
        asked: Arc::default(),
    }
}

/// One slot that thinks of strategies, and none at the table but it.
fn with_strategist(cutoff: &str) -> MindSettings {
    let slot = SlotSettings {
        cutoff: cutoff.parse().unwrap(),
        ..slot("thinker", Some(Provider::Anthropic))
    };
    MindSettings {
        agents: AgentChains {
            strategy_analyst: vec!["thinker".to_owned()],
            ..AgentChains::default()
        },
        ..minds(vec![slot])
    }
}

fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(&folder.path().join("huddle.db")).unwrap(), folder)
}

#[test]
fn what_a_model_proposes_is_parsed_repaired_once_scored_and_kept() {
    let answers = |n: usize, _: &Call| {
        let texts = match n {
            1 => json!([Invented::TRUE_EDGE, "stake everything on KC"]),
            _ => json!(["stake it all the same"]),
        };
        Manner::Says(json!({ "strategies": texts }).to_string())
    };
    let wire = scripted(answers);
    let (store, _folder) = store();
    let minds = with_strategist("2000-01-01");
    let asked = round(&store, &minds, &wire);
    assert_eq!(wire.asked.lock().len(), 2, "asked, and repaired once");
    let seat = Seat::new("correspondent");
    let own = asked.ideas.iter().find(|idea| idea.authors.contains(&seat));
    let said = own.map(|idea| idea.rationale.as_str()).unwrap_or_default();
    assert!(said.starts_with("proposed by a language model"), "{said}");
    let kept = model_calls::of_round(&mut store.conn().unwrap(), "g").unwrap();
    assert!(kept.len() == 2 && kept.iter().all(|call| call.asked_by == "minds/correspondent"));

    // From what is kept the round is the same, with nobody to be reached.
    let replayed = MindSettings {
        kept_only: true,
        ..minds
    };
    let nobody = scripted(|_, _| Manner::Fails(WireError::Connect("refused".to_owned())));
    assert_eq!(round(&store, &replayed, &nobody), asked);
    assert!(nobody.asked.lock().is_empty());
}

#[test]
fn without_a_model_that_thinks_of_strategies_nothing_differs() {
    let bare = ResearchHost::default().generate("g", commission()).unwrap().round;
    let nobody = scripted(|_, _| Manner::Fails(WireError::Connect("refused".to_owned())));
    for minds in [minds(Vec::new()), minds(vec![slot("table", Some(Provider::Anthropic))])] {
        let (store, _folder) = store();
        assert_eq!(round(&store, &minds, &nobody), bare);
    }
    assert!(nobody.asked.lock().is_empty());
}

#[test]
fn a_model_that_may_know_the_season_that_judges_is_not_asked() {
    let nobody = scripted(|_, _| Manner::Says("{}".to_owned()));
    let (store, _folder) = store();
    let round = round(&store, &with_strategist("2999-01-01"), &nobody);
    assert!(nobody.asked.lock().is_empty() && !round.ideas.is_empty());
}
