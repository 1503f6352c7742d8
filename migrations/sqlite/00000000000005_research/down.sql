DROP TABLE tested;
DROP TABLE research_decisions;
DROP TABLE cycles;
DROP TABLE runs;
DROP TABLE strategy_events;
DROP TABLE strategies;
