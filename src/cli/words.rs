//! How picks are said: never a bare signed number, always a team or a side with its line.

use crate::domain::belief::Offer;
use crate::domain::calendar::eastern_label;
use crate::domain::game::Fixture;
use crate::domain::line::HalfPoints;
use crate::domain::money::Cents;
use crate::domain::pick::{Decision, Offered, PlayableTo};
use crate::domain::price::American;
use crate::domain::quote::{Market, Side};
use chrono::{DateTime, Local, TimeDelta, Utc};

/// `BUF -2.5`, `UNDER 41.5`, `BUF ML`.
pub fn pick(f: &Fixture, market: Market, side: Side, line: Option<HalfPoints>) -> String {
    let line = line.unwrap_or_default();
    match (market, side) {
        (Market::Total, Side::Under) => format!("UNDER {line}"),
        (Market::Total, _) => format!("OVER {line}"),
        (Market::Moneyline, Side::Home) => format!("{} ML", f.home_code()),
        (Market::Moneyline, _) => format!("{} ML", f.away_code()),
        // The internal sign has the home team favoured; people write the handicap of the side.
        (Market::Spread, Side::Home) => format!("{} {}", f.home_code(), (-line).handicap()),
        (Market::Spread, _) => format!("{} {}", f.away_code(), line.handicap()),
    }
}

/// `-110 aussportsbetting`, with a star when the source named no price and -110 was assumed.
pub fn price(offered: &Offered) -> String {
    let star = if offered.assumed { "*" } else { "" };
    format!("{}{star} {}", offered.price, offered.book)
}

/// `-3 or -118`: either bound alone.
pub fn playable(f: &Fixture, market: Market, side: Side, to: &PlayableTo) -> String {
    let line = (market != Market::Moneyline).then_some(to.line).flatten();
    let line = line.map(|l| pick(f, market, side, Some(l)));
    let price = to.price.map(|p: American| p.to_string());
    match (line, price) {
        (Some(line), Some(price)) => format!("{line} or {price}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "-".to_owned(),
    }
}

/// `0.8u 8.00`.
pub fn stake(stake: Cents, unit: Cents) -> String {
    let units = if unit.0 > 0 {
        stake.0 as f64 / unit.0 as f64
    } else {
        0.0
    };
    format!("{units:.2}u {stake}")
}

/// The same instant in the zone of this machine.
pub fn local(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%a %b %e %H:%M %Z").to_string()
}

/// `in 3 h 20 min`, without the `in`.
pub fn span(left: TimeDelta) -> String {
    let minutes = left.num_minutes().max(0);
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A bet in a line: `4f2a9c01 BUF -2.5 at -110 (a book), MIA @ BUF, Sun Oct 5 13:00 ET: 17.26 staked, 6-1 votes`; nothing
/// for a pass.
pub fn bet(slate: &[Offer], decision: &Decision) -> Option<String> {
    let (offer, side, offered) = (offer_of(slate, decision)?, decision.side?, decision.offered.as_ref()?);
    let f = &offer.fixture;
    let agreed = &decision.agreement;
    Some(format!(
        "{} {} at {} ({}), {}, {}: {} staked, {}-{} votes",
        decision.id.get(..8).unwrap_or(&decision.id),
        pick(f, agreed.market, side, offered.line),
        offered.price,
        offered.book,
        f.label(),
        eastern_label(f.kickoff),
        grouped(decision.stake()),
        agreed.votes_for(side),
        agreed.votes_for(side.other())
    ))
}

/// The offer a decision is about.
pub fn offer_of<'a>(slate: &'a [Offer], decision: &Decision) -> Option<&'a Offer> {
    slate.iter().find(|o| o.fixture.id == decision.agreement.game)
}

/// `1,234.50`.
pub fn grouped(amount: Cents) -> String {
    let text = amount.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped() {
        assert_eq!(grouped(Cents(123_456_789)), "1,234,567.89");
        assert_eq!(grouped(Cents(-99)), "-0.99");
    }
}
