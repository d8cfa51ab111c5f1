"""Access to the price sources: their order, budgets, circuits and keys."""
