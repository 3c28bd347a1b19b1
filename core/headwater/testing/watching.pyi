from headwater_authoring.testing.watching import *
