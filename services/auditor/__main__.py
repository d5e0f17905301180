"""`python -m services.auditor`."""

from kit.service import main
from services.auditor.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
