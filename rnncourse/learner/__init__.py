"""What a learner calls: `check`, `hint`, `predict`, `progress`, and the check of a whole file."""
