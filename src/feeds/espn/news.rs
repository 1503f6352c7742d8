//! Headlines, with the teams they are filed under.

use super::team;
use crate::domain::news::Headline;
use crate::domain::source::Source;
use crate::domain::team::Team;
use crate::feeds::Parsed;
use crate::feeds::error::FeedError;
use crate::feeds::json::{self, Fault, Harvest};
use chrono::{DateTime, Utc};
use serde_json::Value;

const FEED: &str = "ESPN news";

/// Reads the headlines. One without a date counts as published when the answer came.
///
/// # Errors
/// [`FeedError`] when nothing can be taken from the answer.
pub fn news(bytes: &[u8], received_at: DateTime<Utc>) -> Result<Parsed<Headline>, FeedError> {
    let answer = json::parse(FEED, bytes)?;
    let list = json::array(FEED, &answer, answer.get("articles"), "an array `articles`")?;
    let mut harvest = Harvest::new(FEED);
    for (place, article) in (1u64..).zip(list) {
        harvest.take(place, article, headline(article, received_at))?;
    }
    Ok(harvest.done())
}

fn headline(article: &Value, received_at: DateTime<Utc>) -> Result<Headline, Fault> {
    let title = json::words_at(article, &["headline"])
        .or_else(|| json::words_at(article, &["title"]))
        .ok_or_else(|| Fault::new("headline", "an article without a headline"))?;
    let link = json::words_at(article, &["links", "web", "href"]);
    let number = article.get("id").filter(|id| id.is_number() || id.is_string());
    let id = number.map(|id| id.as_str().map_or_else(|| json::shown(id), crate::feeds::sheet::cut));
    let mut teams: Vec<Team> = json::rows_at(article, &["categories"])
        .iter()
        .filter(|category| json::text_at(category, &["type"]) == Some("team"))
        .filter_map(|category| {
            category
                .get("team")
                .and_then(|t| team(t).ok())
                .or_else(|| team(category).ok())
        })
        .collect();
    teams.sort();
    teams.dedup();
    Ok(Headline {
        id: id.or_else(|| link.clone()).unwrap_or_else(|| title.clone()),
        title,
        summary: json::words_at(article, &["description"]),
        link,
        teams,
        // The world knew it when it was published, this house when it came.
        as_of: json::instant(article.get("published")).map_or(received_at, |at| at.max(received_at)),
        source: Source::Espn,
    })
}
