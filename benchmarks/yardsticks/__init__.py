"""The yardsticks of the benchmarks: stock Prophet, AutoETS and bare Flask routes."""
