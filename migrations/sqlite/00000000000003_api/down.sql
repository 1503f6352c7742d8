DROP TABLE api_state;
DROP TABLE api_cache;
DROP TABLE api_ledger;
