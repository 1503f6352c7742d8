DROP TABLE letter_counts;
DROP TABLE generations;
DROP TABLE fences;
DROP TABLE set_aside;
DROP TABLE cursors;
