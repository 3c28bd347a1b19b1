"""HTTP that is not Flow Service's alone: sessions, hosts, retries, and what a missing answer proves."""
