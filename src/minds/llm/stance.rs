//! What a model said as an opinion like any other: its claim levelled off as every mind's is, and its confidence as an error.

use super::answer::Said;
use crate::domain::belief::{Abstention, Belief, Evidence, Offer};
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::market::shapes::{Shapes, fair, side_of};
use crate::minds::member::{NO_EDGE, bounded};

/// Standard error of a belief held with full confidence, as a probability.
const SD_SURE: f64 = 0.02;
/// What no confidence at all adds to it.
const SD_UNSURE: f64 = 0.10;

/// The stance of a checked view on the game it is of. A model has no record, so its claim is neither shrunk nor stretched;
/// it levels off where those of other minds do ([`bounded`]), and the pool holds who has no record at little weight.
///
/// # Errors
/// [`Abstention`] when the market has no line, or the view is the market's own.
pub fn stance(said: &Said, offer: &Offer, shapes: &Shapes) -> Result<Belief, Abstention> {
    let market = said.market;
    let quote = offer.reference(market).ok_or(Abstention::NoLine)?;
    let fair = fair(quote).ok_or(Abstention::NoLine)?;
    let claimed = Probability::clamped(said.p_first);
    let at_fair = shapes.mean_for(market, fair, quote.line);
    let edge = shapes.mean_for(market, claimed, quote.line) - at_fair;
    let p_first = shapes.moved(market, fair, at_fair, bounded(edge), quote.line);
    if side_of(market, fair, p_first, NO_EDGE).is_none() {
        return Err(Abstention::NoEdge);
    }
    let expected = match market {
        Market::Spread | Market::Total => quote.line,
        Market::Moneyline => offer.reference(Market::Spread).and_then(|q| q.line),
    };
    let line_points = expected.map_or(at_fair, HalfPoints::points);
    // Which reason moved it by how much a model does not say, so each has an equal part.
    let part = edge / said.reasons.len().max(1) as f64;
    let evidence = said.reasons.iter().map(|text| Evidence {
        text: text.clone(),
        points: part,
    });
    Ok(Belief {
        p_first,
        sd: SD_SURE + SD_UNSURE * (1.0 - said.confidence),
        mean: line_points + edge,
        evidence: evidence.collect(),
    })
}
