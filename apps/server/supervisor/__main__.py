from __future__ import annotations

import sys

from apps.server.supervisor.run import main

sys.exit(main())
