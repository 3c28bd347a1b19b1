from headwater_authoring.testing.probe import *
