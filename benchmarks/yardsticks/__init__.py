"""What figures are measured against: stock Prophet, AutoETS, and bare Flask routes."""
