"""Series that people upload: reading of their files, checks row by row, and storage."""
