"""What a local stack does by itself: it refreshes prices, judges alerts and removes expired sessions."""
