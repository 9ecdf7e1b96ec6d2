"""What the server does with each method: functions of the server and the parameters.

Each finds the document, asks `zyn.ide`, and converts.  Nothing is decided here that an editor
without LSP would need too.
"""
