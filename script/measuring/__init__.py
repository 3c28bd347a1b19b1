"""How a checkout is built and how plainly it is written, in figures read from the source alone.

`houses` finds the packages, `graph` draws their imports, `functions` counts inside functions, `figures` puts the
figures of a house together with their goals, `lists` says what lies behind one, `report` prints. Nothing here imports
what it measures, so that checkouts of any age can be compared.
"""
