"""casegate with one promise broken on purpose, to show that the proofs see it. Each is a program like `casegate`."""
