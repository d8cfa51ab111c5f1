"""The command that uploads prices."""
