DROP TABLE shadow_forecasts;
DROP TABLE experiments;
DROP TABLE overrides;
DROP TABLE learned_weeks;
DROP TABLE standing_events;
DROP TABLE member_scores;
