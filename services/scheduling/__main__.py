"""`python -m services.scheduling`."""

from kit.service import main
from services.scheduling.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
