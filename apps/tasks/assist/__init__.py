"""Where tasks meet models: assists, warming, pre-labels, built-in agents, and tuning on approved labels."""
