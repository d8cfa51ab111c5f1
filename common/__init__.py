"""The code that the three services share: errors, messages, sockets, Redis records, prices and blobs."""
