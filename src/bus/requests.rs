//! Requests that wait for their response, as a pure table.

use super::post::RequestError;
use crate::protocol::{AgentMessage, MessageId};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Requests open at once: each has somebody waiting with a deadline, so more is a loop that asks.
const MAX_OPEN: usize = 10_000;

/// Where the answer of an open request goes.
type Reply = oneshot::Sender<Result<AgentMessage, RequestError>>;

/// The open requests by id.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: BTreeMap<MessageId, Open>,
}

#[derive(Debug)]
struct Open {
    from: String,
    incarnation: u64,
    reply: Reply,
}

impl Requests {
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Opens a request; `Err` with the reply when it cannot be.
    pub(super) fn open(&mut self, request: &AgentMessage, reply: Reply) -> Result<(), RequestError> {
        if self.open.len() >= MAX_OPEN {
            self.open.retain(|_, open| !open.reply.is_closed());
        }
        if self.open.len() >= MAX_OPEN {
            return Err(RequestError::Overloaded(MAX_OPEN));
        }
        if self.open.get(&request.id).is_some_and(|known| !known.reply.is_closed()) {
            return Err(RequestError::Unfit("a request with this id is open already"));
        }
        let open = Open {
            from: request.from.clone(),
            incarnation: request.incarnation,
            reply,
        };
        self.open.insert(request.id.clone(), open);
        Ok(())
    }

    /// Ends a request without a response.
    pub(super) fn fail(&mut self, id: &MessageId, why: RequestError) {
        if let Some(open) = self.open.remove(id) {
            // An asker that is gone does not mind.
            let _ = open.reply.send(Err(why));
        }
    }

    /// Hands a response to whoever asked. `incarnation` is the asker's now.
    ///
    /// # Errors
    /// Why nobody waits for it: it is of no open request, of another agent's, of an incarnation that is gone, or late.
    pub(super) fn respond(&mut self, response: &AgentMessage, to: &str, incarnation: u64) -> Result<(), String> {
        let parent = response.parent_id.as_ref();
        let parent = parent.ok_or("it does not say which request it answers")?;
        let open = self.open.get(parent);
        let open =
            open.ok_or_else(|| format!("no request {parent} is open: it was answered before, or never asked"))?;
        if open.from != to {
            return Err(format!("{} asked, not {to}", open.from));
        }
        let asked = open.incarnation;
        let open = self.open.remove(parent).expect("it was found a moment ago");
        if asked != 0 && asked != incarnation {
            return Err(format!("incarnation {asked} of {to} asked, now there is {incarnation}"));
        }
        let late = |_| "it came after the request's deadline".to_owned();
        open.reply.send(Ok(response.clone())).map_err(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Answer, Kind, Query, To};
    use chrono::DateTime;

    fn request(id: &str, incarnation: u64) -> AgentMessage {
        AgentMessage {
            incarnation,
            ..AgentMessage::new(
                id.into(),
                "/asker",
                To::One("/asked".into()),
                Kind::Request,
                DateTime::UNIX_EPOCH,
                Query::Tally,
            )
        }
    }

    fn response(request: &AgentMessage) -> AgentMessage {
        let body = Answer::Tally { lines: Vec::new() };
        request.answer("r".into(), "/asked", DateTime::UNIX_EPOCH, body)
    }

    #[test]
    fn a_response_reaches_only_the_incarnation_that_asked() {
        let check = |asked: u64, now: u64, to: &str, says: Option<&str>| {
            let (mut requests, request) = (Requests::default(), request("q", asked));
            let (reply, mut told) = oneshot::channel();
            requests.open(&request, reply).unwrap();
            let done = requests.respond(&response(&request), to, now);
            match says {
                None => assert_eq!(told.try_recv().unwrap().unwrap(), response(&request)),
                Some(text) => assert!(done.unwrap_err().contains(text), "{asked} {now} {to}"),
            }
        };
        check(1, 1, "/asker", None);
        check(0, 7, "/asker", None);
        check(1, 2, "/asker", Some("incarnation 1 of /asker asked, now there is 2"));
        check(1, 1, "/other", Some("/asker asked, not /other"));
    }

    #[test]
    fn late_and_second_responses_are_refused() {
        let (mut requests, request) = (Requests::default(), request("q", 1));
        let (reply, told) = oneshot::channel();
        requests.open(&request, reply).unwrap();
        drop(told);
        let late = requests.respond(&response(&request), "/asker", 1).unwrap_err();
        assert!(late.contains("after the request's deadline"), "{late}");
        let again = requests.respond(&response(&request), "/asker", 1).unwrap_err();
        assert!(again.contains("answered before"), "{again}");
        assert_eq!(requests.len(), 0);
    }
}
