from headwater_authoring.testing.examples import *
