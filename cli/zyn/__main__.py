"""Run the command line as `python -m zyn`."""

from zyn.cli import main

raise SystemExit(main())
