"""The processes of a local stack: supervised, found by their files, ended with their parent."""
