"""Our own words over REST, SSE and WebSocket."""
