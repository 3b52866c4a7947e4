"""What an attacker with fresh eyes found: each test is named after its threat id and keeps a door shut."""
