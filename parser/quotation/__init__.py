"""What of a message's text is new, and what it quotes."""
