from headwater_authoring.testing.checks import *
