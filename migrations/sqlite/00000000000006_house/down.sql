DROP TABLE halts;
DROP TABLE slots;
