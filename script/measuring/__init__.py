"""How a checkout is built and how plainly it is written, in figures.

`houses` finds the packages, `graph` draws their imports, `functions` counts inside functions, `figures` puts the
figures of a house together with their goals, `lists` says what lies behind one, `structure` is the command. All that is
read from the source alone, so that checkouts of any age can be compared. `walk` counts the calls of one command while
it runs, with `recorder` in the checkout's own environment. `report` prints for both.
"""
