"""Quality over REST."""
