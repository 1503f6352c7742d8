DROP INDEX quotes_by_moment;
