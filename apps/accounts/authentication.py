"""Bearer keys for programs, session and CSRF for the web app. ``request.auth`` is always a Principal."""
