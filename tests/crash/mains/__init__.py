"""Programs like `casegate` in which a test has a hand; nothing of the product is changed in them but what each says."""
