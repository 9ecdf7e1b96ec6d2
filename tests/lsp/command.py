"""How the tests start the real server."""

import sys

SERVER = [sys.executable, "-c", "import sys; from zyn.lsp import main; sys.exit(main())"]
