"""Side-by-side measurements of the lab against what it must hold (docs/architecture.md) and against peers. See README.md."""
