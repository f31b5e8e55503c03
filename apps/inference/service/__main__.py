"""``python -m apps.inference.service`` serves; ``… inspect PATH [--kind KIND] [--config JSON]`` says what a file is."""

from __future__ import annotations

import sys

from apps.inference.service.command import main

sys.exit(main(sys.argv[1:]))
