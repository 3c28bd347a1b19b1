from headwater_authoring.testing.strategies import *
