"""HTTP requests to price sources, and the reading of their answers."""
