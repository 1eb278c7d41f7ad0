"""The life of live orders: from approval to evidence, without I/O.

Commands of the engine and evidence of the venue come in; reports for the engine and actions
for the rim come out. The same inputs at the same times give the same reports and actions.
"""
