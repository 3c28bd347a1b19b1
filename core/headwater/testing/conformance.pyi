from headwater_authoring.testing.conformance import *
