"""Pure rules of inference: how versions and their files are named, and what a prediction may say. No Django."""
