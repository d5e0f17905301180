"""`python -m services.intake`."""

from kit.service import main
from services.intake.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
