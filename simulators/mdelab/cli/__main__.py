"""`python -m mdelab.cli`: the same as `mdelab`."""

from mdelab.cli.main import main

if __name__ == "__main__":
    main()
