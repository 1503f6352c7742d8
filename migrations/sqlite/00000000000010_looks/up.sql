-- The latest live prices are asked for at every look at the market; without it each look reads every price ever stored.
CREATE INDEX quotes_by_moment ON quotes (moment, as_of);
