//! Each slot of a language model: whether its key is there, whether it answers, and if not, since when and what to do.

use super::{Check, Health, bad, ok};
use crate::api::Provider;
use crate::config::Settings;
use crate::minds::llm::Slot;
use crate::store::model_calls::{self, ModelCall};
use crate::store::{Conn, StoreError};
use crate::transport::Secrets;

/// Calls that are looked back at: some weeks of a slot's answers.
const N_CALLS: u32 = 20;

/// One check a slot of the chain, or one that says there is none. Without a database nothing is known of earlier calls.
pub(super) fn checks(settings: &Settings, secrets: &Secrets, mut conn: Option<&mut Conn>) -> Vec<Check> {
    let mut slots: Vec<Slot> = settings.minds.chain().to_vec();
    slots.extend(settings.minds.strategists().iter().cloned());
    // A slot may be named twice: in one chain as a second try, in two by two who ask it.
    let mut seen = Vec::new();
    slots.retain(|slot| {
        let new = !seen.contains(&slot.name);
        seen.push(slot.name.clone());
        new
    });
    if slots.is_empty() {
        let none = "no language model is set: twelve quantitative seats need none";
        return vec![ok("minds", none.to_owned())];
    }
    let check = |slot: &Slot| {
        if slot.provider != Provider::Ollama
            && let Err(error) = secrets.key(slot.provider)
        {
            let found = format!("{}: key missing: {error}", named(slot));
            return bad(
                "minds",
                Health::Warn,
                found,
                "until then the next slot answers, or the seat is silent",
            );
        }
        match conn
            .as_deref_mut()
            .map(|conn| model_calls::of_slot(conn, &slot.name, N_CALLS))
        {
            None => told(slot, &[]),
            Some(Ok(calls)) => told(slot, &calls),
            Some(Err(error)) => unread(slot, &error),
        }
    };
    slots.iter().map(check).collect()
}

fn named(slot: &Slot) -> String {
    format!("{} ({} at {})", slot.name, slot.model, slot.provider)
}

fn unread(slot: &Slot, error: &StoreError) -> Check {
    let found = format!("{}: its calls cannot be read: {error}", named(slot));
    bad("minds", Health::Fail, found, "restore a backup")
}

/// What the newest calls of a slot say of it, the latest first.
fn told(slot: &Slot, calls: &[ModelCall]) -> Check {
    let name = named(slot);
    let at = |call: &ModelCall| call.asked_at.format("%Y-%m-%d %H:%M").to_string();
    let Some(last) = calls.first() else {
        return ok("minds", format!("{name}: not asked yet"));
    };
    let failed = |call: &&ModelCall| !call.is_answered();
    if last.is_answered() {
        let found = match calls.iter().find(failed) {
            None => format!("{name}: answers, last at {} UTC", at(last)),
            Some(trouble) => format!(
                "{name}: recovered, answered at {} UTC; {} at {}",
                at(last),
                trouble.outcome,
                at(trouble)
            ),
        };
        return ok("minds", found);
    }
    let n = calls.iter().take_while(failed).count();
    let since = calls.get(n.saturating_sub(1)).map_or_else(|| at(last), at);
    let why = last.trouble.clone().unwrap_or_default();
    let here = slot.provider == Provider::Ollama;
    let (state, fix) = match last.outcome.as_str() {
        "failed" if here => ("not running", "start its server: it is asked again at the next round"),
        "misconfigured" => ("key refused", "set the key it names"),
        "quota_exhausted" => (
            "degraded",
            "its account has no quota left: add to it, or name another slot first",
        ),
        "unaffordable" | "budget" => (
            "degraded",
            "a cap below [minds] or [api.dollars] is reached: raise it, or wait",
        ),
        _ => (
            "degraded",
            "it is asked again at the next round; other slots of the chain answer meanwhile",
        ),
    };
    let found = format!("{name}: {state}, {n} calls without an answer since {since} UTC: {why}");
    bad("minds", Health::Warn, found, fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minds::llm::MindSettings;
    use crate::store::model_calls::ANSWERED;

    fn settings(text: &str) -> Settings {
        let slot = "name = \"s\"\nmodel = \"m\"\ncutoff = \"2024-01-01\"\ninput_usd = 1.0\noutput_usd = 1.0\n";
        let minds: MindSettings = toml::from_str(&format!("[[slots]]\n{slot}{text}")).unwrap();
        Settings {
            minds,
            ..Settings::default()
        }
    }

    fn call(minute: u32, outcome: &str) -> ModelCall {
        let answered = outcome == ANSWERED;
        ModelCall {
            round_id: "r".to_owned(),
            place: 0,
            content_key: minute.to_string(),
            asked_by: "minds/llm".to_owned(),
            slot: "s".to_owned(),
            provider: "ollama".to_owned(),
            dialect: "compatible".to_owned(),
            model: "m".to_owned(),
            anonymous: false,
            request: String::new(),
            reply: answered.then(Vec::new),
            outcome: outcome.to_owned(),
            leads_to: None,
            trouble: (!answered).then(|| "ollama: no connection: refused".to_owned()),
            input_tokens: None,
            output_tokens: None,
            usd_micros: 0,
            asked_at: format!("2026-11-25T20:{minute:02}:00").parse().unwrap(),
            took_ms: 0,
            n_bytes: 0,
        }
    }

    fn said(calls: &[ModelCall]) -> (Health, String) {
        let slots = settings("base_url = \"http://127.0.0.1:8080\"").minds.chain();
        let check = told(&slots[0], calls);
        (check.health, check.found)
    }

    #[test]
    fn a_slot_is_named_with_its_state() {
        let (_, new) = said(&[]);
        assert_eq!(new, "s (m at ollama): not asked yet");
        let down = said(&[call(3, "failed"), call(2, "failed"), call(1, ANSWERED)]);
        let expected = "s (m at ollama): not running, 2 calls without an answer since 2026-11-25 20:02 UTC: \
                        ollama: no connection: refused";
        assert_eq!(down, (Health::Warn, expected.to_owned()));
        let (health, slow) = said(&[call(3, "deadline")]);
        assert!(health == Health::Warn && slow.contains("degraded, 1 calls"), "{slow}");
        let (health, back) = said(&[call(4, ANSWERED), call(3, "failed"), call(2, "failed")]);
        let expected = "s (m at ollama): recovered, answered at 2026-11-25 20:04 UTC; failed at 2026-11-25 20:03";
        assert_eq!((health, back.as_str()), (Health::Ok, expected));
        let (health, well) = said(&[call(4, ANSWERED)]);
        assert!(health == Health::Ok && well.contains("answers, last at"), "{well}");
    }

    #[test]
    fn a_missing_key_is_named_with_its_slot_and_no_model_is_no_fault() {
        let secrets = Secrets::load(|_| None);
        let check = &checks(&settings("provider = \"anthropic\""), &secrets, None)[0];
        assert_eq!(check.health, Health::Warn);
        assert!(
            check.found.starts_with("s (m at anthropic): key missing: ")
                && check.found.contains("ANTHROPIC_API_KEY"),
            "{}",
            check.found
        );
        assert_eq!(checks(&Settings::default(), &secrets, None)[0].health, Health::Ok);
    }
}
