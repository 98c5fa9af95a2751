"""``python -m services.cli``, which the ``cuntong`` command runs."""

from services.cli.app import main

if __name__ == "__main__":
    main()
