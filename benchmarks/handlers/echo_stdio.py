"""A minimal line handler: one short JSON object for each line."""

import sys

for _ in sys.stdin.buffer:
    sys.stdout.buffer.write(b'{"status":200,"body":"ok"}\n')
    sys.stdout.buffer.flush()
