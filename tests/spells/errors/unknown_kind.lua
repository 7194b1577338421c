error { kind = "limit", message = "a spell cannot claim this" }
