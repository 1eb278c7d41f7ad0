"""The desk and the exchange in one process under a virtual clock, with everything going wrong.

Engine, executor and exchange core are the real ones; what lies between them is played by one
seeded generator. After every event the invariants of money, orders and the kill switch are
checked. The same seed gives the same run to the byte.
"""
