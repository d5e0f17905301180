"""`python -m services.trends`."""

from services.trends.app import main

if __name__ == "__main__":
    main()
