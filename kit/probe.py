"""Ask a service's own probe from inside its container: `python -m kit.probe readyz`; exit code 0 when it says yes."""

import http.client
import os
import sys


def ask(probe: str, port: int) -> bool:
    """Whether the probe on this machine's port answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", f"/{probe}")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if ask(sys.argv[1] if len(sys.argv) > 1 else "readyz", int(os.environ.get("CHAIRSIDE_PORT", "8080"))) else 1)
