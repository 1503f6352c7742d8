//! What is said and not kept: requests and responses, heartbeats, and letters that reach nobody.
