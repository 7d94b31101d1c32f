"""`python -m bot` is `palier`."""

from bot.cli import main

if __name__ == "__main__":
    main()
