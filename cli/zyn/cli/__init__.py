"""The zyn command line, one module per subcommand."""
