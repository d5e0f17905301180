"""`python -m services.notifications`."""

from kit.service import main
from services.notifications.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
