"""`python -m services.monitoring`."""

from kit.service import main
from services.monitoring.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
