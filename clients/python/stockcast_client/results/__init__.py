"""Results with what the generated models lack: frames of pandas, and how a notebook shows them."""
