"""`zyn-dap exec`: a debugging session without an editor, for terminals and CI.

The same engine as under the protocol, driven by a short script that the command line gives.
`run` plays it and says what happened in plain values; `text` and `lines` show them.
"""
