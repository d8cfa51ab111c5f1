"""Runs the notebooks of the documents: each cell in turn, as Jupyter does, without a kernel of its own."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any


def run_notebook(path: Path, names: dict[str, Any]) -> list[str]:
    """Run the code cells with these names defined; return what each cell shows at its end, as HTML or text.

    Raises:
        Exception: what a cell raised.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [_run_cell(source, f"{path.name}[{number}]", names) for number, source in enumerate(sources)]


def _run_cell(source: str, title: str, names: dict[str, Any]) -> str:
    """Run a cell; the value of a last line that is an expression is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, title, "exec"), names)  # noqa: S102 - our own notebook
    if not isinstance(last, ast.Expr):
        return ""
    value = eval(compile(ast.Expression(last.value), title, "eval"), names)  # noqa: S307 - our own notebook
    return str(value._repr_html_()) if hasattr(value, "_repr_html_") else repr(value)
