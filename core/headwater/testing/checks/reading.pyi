from headwater_authoring.testing.checks.reading import *
