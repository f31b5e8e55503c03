"""Labels of a whole project in and out: imports and exports as jobs."""
