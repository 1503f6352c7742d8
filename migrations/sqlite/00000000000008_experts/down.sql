DROP TABLE memories;
DROP TABLE kpis;
