DROP TABLE line_moves;
DROP TABLE team_weeks;
DROP TABLE headlines;
DROP TABLE injuries;
DROP TABLE forecasts;
ALTER TABLE games DROP COLUMN score_source;
ALTER TABLE quotes DROP COLUMN source;
