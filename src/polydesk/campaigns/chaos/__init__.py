"""Kill a real desk again and again while it trades on the sandbox exchange, and count.

The desk's process is the real one: engine, executor, signer, user line, journal. Whatever was
killed is started again on the same files. In the end the journal must equal the exchange's truth.
"""
