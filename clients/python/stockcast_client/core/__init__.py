"""The part that both clients share: each call as steps, without a socket or a clock of its own.

A call is a generator. It yields the HTTP calls to send and the pauses to make, and receives the answers. The clients
only carry the steps out.
"""
