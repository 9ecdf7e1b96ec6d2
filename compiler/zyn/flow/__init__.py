"""Control flow, liveness and captures: facts about a body, no changes to it."""
