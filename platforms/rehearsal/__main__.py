"""`python -m platforms.rehearsal FD FOLDER PACE PARENT`: serve the stage on an inherited socket."""

import sys
from pathlib import Path

from platforms.rehearsal.serving import serve

serve(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
